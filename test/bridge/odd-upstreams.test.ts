/** Mail servers that are honest, and answer in ways that standards allow or that are met: each lets in. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { protocols } from '../../src/sasl/output-format.ts'
import { theirTag } from '../mail/good-logins.ts'
import { certificates, holdsToken } from '../mail/try-login.ts'
import type { MailStep } from '../support/mail-server.ts'
import { logInThroughBridge } from './hostile-world.ts'

after(() => certificates.remove())

/** What a server says: its greeting, its list, its invitation to send the token, and its welcome. */
interface Says {
  greeting: string
  list: string
  invitation: string
  ok: string
}

const usual = {
  SMTP: {
    greeting: '220 mail.example ESMTP\r\n',
    list: '250-mail.example\r\n250 AUTH XOAUTH2\r\n',
    invitation: '334 \r\n',
    ok: '235 2.7.0 in\r\n',
  },
  IMAP: {
    greeting: '* OK ready\r\n',
    list: '* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\na1 OK\r\n',
    invitation: '+ \r\n',
    ok: `${theirTag} OK [CAPABILITY IMAP4rev1] in\r\n`,
  },
  POP: {
    greeting: '+OK ready\r\n',
    list: '+OK\r\nSASL XOAUTH2\r\n.\r\n',
    invitation: '+ \r\n',
    ok: '+OK in\r\n',
  },
} satisfies Record<string, Says>

const odd: Record<keyof typeof usual, Record<string, Partial<Says>>> = {
  SMTP: {
    'greets in several lines': { greeting: '220-mail.example\r\n220-no spam\r\n220 ready\r\n' },
    'greets with a code alone': { greeting: '220\r\n' },
    'lists its mechanisms in two lines': {
      list: '250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250-SIZE 9\r\n250 AUTH=LOGIN XOAUTH2\r\n',
    },
    'lists them in lower case, with spaces': {
      list: '250-mail.example\r\n250 auth  login xoauth2 \r\n',
    },
    'knows OAUTHBEARER alone': { list: '250-mail.example\r\n250 AUTH PLAIN OAUTHBEARER\r\n' },
    'says only that it has AUTH': { list: '250-x\r\n250-AUTH\r\n250 AUTH XOAUTH2\r\n' },
    'invites without a space': { invitation: '334\r\n' },
    'invites with words': { invitation: '334 VGVsbCBtZQ==\r\n' },
    'invites in two lines': { invitation: '334-\r\n334 \r\n' },
    'welcomes in several lines': { ok: '235-2.7.0 in\r\n235 2.7.0 at last\r\n' },
    'welcomes with a code alone': { ok: '235\r\n' },
  },
  IMAP: {
    'lists what it has in its greeting': {
      greeting: '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n',
    },
    'greets without a word': { greeting: '* OK\r\n' },
    'greets in lower case': { greeting: '* ok ready\r\n' },
    'splits its list': {
      list: '* CAPABILITY IMAP4rev1 ID\r\n* CAPABILITY SASL-IR AUTH=XOAUTH2\r\na1 OK\r\n',
    },
    'lists it in lower case, with spaces': {
      list: '* capability  imap4rev1 auth=xoauth2 \r\na1 ok done\r\n',
    },
    'lists it in its answer alone': {
      list: 'a1 OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] done\r\n',
    },
    'knows OAUTHBEARER alone': {
      list: '* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=OAUTHBEARER\r\na1 OK\r\n',
    },
    'knows IMAP4rev2 alone': {
      list: '* CAPABILITY IMAP4rev2 AUTH=XOAUTH2\r\na1 OK\r\n',
      ok: `* CAPABILITY IMAP4rev2\r\n${theirTag} OK in\r\n`,
    },
    'alerts by an untagged BAD': {
      ok: `* BAD [ALERT] soon\r\n* CAPABILITY IMAP4rev1\r\n${theirTag} OK in\r\n`,
    },
    'says something else with its list': {
      list: '* OK still here\r\n* ID ("x" {3}\r\na\n1)\r\n* CAPABILITY AUTH=XOAUTH2\r\na1 OK\r\n',
    },
    'invites without a space': { invitation: '+\r\n' },
    'invites with words, after news': { invitation: '* OK one moment\r\n+ go ahead\r\n' },
    'welcomes in lower case without a word': {
      ok: `* CAPABILITY IMAP4rev1\r\n${theirTag} ok\r\n`,
    },
    'welcomes with news and a literal': {
      ok: `* 3 EXISTS\r\n* CAPABILITY IMAP4rev1\r\n* NAMESPACE (({2}\r\n\r\n "/")) NIL NIL\r\n${theirTag} OK\r\n`,
    },
    'welcomes with another code first': {
      ok: `* OK [CAPABILITY IMAP4rev1 IDLE] now\r\n${theirTag} OK [ALERT] in\r\n`,
    },
  },
  POP: {
    'greets with a timestamp': { greeting: '+OK POP3 <1896.69@mail.example>\r\n' },
    'greets without a word': { greeting: '+OK\r\n' },
    'lists its mechanisms in two lines': {
      list: '+OK list follows\r\nSASL PLAIN\r\nSTLS\r\nsasl xoauth2\r\n.\r\n',
    },
    'lists them with spaces': { list: '+OK\r\nSASL  PLAIN  XOAUTH2 \r\n.\r\n' },
    'knows OAUTHBEARER alone': { list: '+OK\r\nSASL OAUTHBEARER\r\n.\r\n' },
    'invites without a space': { invitation: '+\r\n' },
    'invites with words': { invitation: '+ VGVsbCBtZQ==\r\n' },
    'welcomes without a word': { ok: '+OK\r\n' },
  },
}

/** The steps of its script: how lines end is all that `end` says. */
function stepsOf({ greeting, list, invitation, ok }: Says, end: string): MailStep[] {
  const say = (text: string) => ({ say: text.replaceAll('\r\n', end) })
  const heard = { hear: /./ }
  return [say(greeting), heard, say(list), heard, say(invitation), heard, say(ok)]
}

for (const protocol of protocols) {
  const servers = { ...odd[protocol], 'is as usual': {} }
  for (const [name, says] of Object.entries(servers)) {
    for (const [ending, end] of Object.entries({ CRLF: '\r\n', LF: '\n' })) {
      test(`${protocol}: a server that ${name}, in lines that end with ${ending}`, async (t) => {
        const steps = stepsOf({ ...usual[protocol], ...says }, end)
        const told = await logInThroughBridge(t, protocol, { steps, isImplicitTls: true })
        assert.ok(told.isPiped, told.said)
        assert.ok(holdsToken(told.received))
      })
    }
  }
}
