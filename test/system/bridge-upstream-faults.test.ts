/**
 * A mail server that is not as it should be, and the real daemon with its bridge: a right password gets a
 * reply that loses no mail, no token leaves, and the log and `status` say what is wrong.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { BridgeTrouble } from '../../src/messages/bridge-api.ts'
import { type Protocol, protocols } from '../../src/sasl/output-format.ts'
import { goodLogins } from '../mail/good-logins.ts'
import { createTestCertificates, type TestCertificates } from '../support/certificates.ts'
import { runClient } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { assertSentence } from '../support/golden.ts'
import { LineClient } from '../support/line-client.ts'
import { type MailStep, startScriptedMailServer } from '../support/mail-server.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const world = await createWorld()
after(() => world.close())
const { user, home, provider } = world

async function certificatesOf(options: Parameters<typeof createTestCertificates>[0]) {
  const made = await createTestCertificates(options)
  after(() => made.remove())
  return made
}
const expired = await certificatesOf({ isExpired: true, authorityName: 'authority of the past' })
const misnamed = await certificatesOf({
  names: ['mail.example.org'],
  authorityName: 'authority of others',
})
const unknown = await certificatesOf({})

/** What a server does instead of what it should, and what the log says of it. */
interface Fault {
  steps: Record<Protocol, MailStep[]>
  /** What it shows; the daemon trusts all but one. */
  shown?: TestCertificates
  says: RegExp
}

const end: MailStep = { end: true }
const upToTls = (more: Record<Protocol, MailStep[]>) => ({
  SMTP: [...goodLogins.SMTP.plain, ...more.SMTP],
  IMAP: [...goodLogins.IMAP.plain, ...more.IMAP],
  POP: [...goodLogins.POP.plain, ...more.POP],
})
const instead = (SMTP: string, IMAP: string, POP: string) => ({
  SMTP: [...goodLogins.SMTP.plain.slice(0, -1), { say: SMTP }, end],
  IMAP: [...goodLogins.IMAP.plain.slice(0, -1), { say: IMAP }, end],
  POP: [...goodLogins.POP.plain.slice(0, -1), { say: POP }, end],
})
const atOnce = (...steps: MailStep[]) => ({ SMTP: steps, IMAP: steps, POP: steps })
const tls = upToTls(atOnce({ tls: true }))
const { SMTP, IMAP, POP } = goodLogins

const faults: Record<string, Fault> = {
  'does not offer STARTTLS': {
    steps: {
      SMTP: [...SMTP.plain.slice(0, 2), { say: '250-mail.example\r\n250 SIZE 7\r\n' }, end],
      IMAP: [...IMAP.plain.slice(0, 2), { say: 'a1 BAD no such command\r\n' }, end],
      POP: [...POP.plain.slice(0, 2), { say: '-ERR no such command\r\n' }, end],
    },
    says: /STARTTLS|STLS/,
  },
  'shows an expired certificate': { steps: tls, shown: expired, says: /CERT_HAS_EXPIRED/ },
  'shows the certificate of another': { steps: tls, shown: misnamed, says: /ALTNAME_INVALID/ },
  'shows a certificate that nobody knows': {
    steps: tls,
    shown: unknown,
    says: /CERT_SIGNATURE_FAILURE/,
  },
  'says more than 220 before TLS': {
    steps: instead(
      '220 go ahead\r\n235 2.7.0 in\r\n',
      'a1 OK go\r\ntheirs OK in\r\n',
      '+OK go\r\n+OK in\r\n',
    ),
    says: /TLS handshake/,
  },
  'refuses with its greeting': {
    steps: {
      SMTP: [{ say: '554 5.3.2 out of service\r\n' }, end],
      IMAP: [{ say: '* BYE out of service\r\n' }, end],
      POP: [{ say: '-ERR out of service\r\n' }, end],
    },
    says: /out of service/,
  },
  'says nothing': { steps: atOnce(), says: /no answer/ },
  'asks for more without end': {
    steps: {
      SMTP: [...SMTP.plain, ...SMTP.secure, { say: '334 \r\n'.repeat(50) }, end],
      IMAP: [...IMAP.plain, ...IMAP.secure, { say: '+ \r\n'.repeat(50) }, end],
      POP: [...POP.plain, ...POP.secure, { say: '+ \r\n'.repeat(50) }, end],
    },
    says: /refused: (?:334|BAD|AUTH)/,
  },
  'hangs up in the middle': {
    steps: upToTls({
      SMTP: [...SMTP.secure.slice(0, 2), end],
      IMAP: [...IMAP.secure.slice(0, 2), end],
      POP: [...POP.secure.slice(0, 2), end],
    }),
    says: /closed/,
  },
}

const ports = await findFreePorts(Object.keys(faults).length * protocols.length)
const portOf = (fault: string, protocol: Protocol) => {
  const place = Object.keys(faults).indexOf(fault) * protocols.length
  return ports[place + protocols.indexOf(protocol)] ?? 0
}
const tables = [accountToml(world)]
for (const [name, { steps, shown = provider.certificates }] of Object.entries(faults)) {
  for (const protocol of protocols) {
    const script = { steps: steps[protocol], certificates: shown }
    const server = await startScriptedMailServer(script)
    after(() => server.close())
    tables.push(
      `[[bridge]]\nprotocol = "${protocol}"\nlisten = "127.0.0.1:${portOf(name, protocol)}"\n` +
        `accounts = ["${user}"]\nserver = "localhost:${server.port}/starttls"\nconnections = 50\n`,
    )
  }
}
const trusted = [provider.certificates, expired, misnamed].map(({ ca }) => ca).join('\n')
const caFile = join(home.directory, 'trusted.pem')
await writeFile(caFile, trusted)
home.env['NODE_EXTRA_CA_CERTS'] = caFile
const daemon = await startSignedIn(world, tables.join('\n'))
after(() => daemon.stop())
const password = (await runClient(home, ['bridge', 'add-password', 'test'])).stdout.trim()

const plain = Buffer.from(`\0${user}\0${password}`).toString('base64')
const logins: Record<Protocol, [command: string, reply: RegExp]> = {
  SMTP: [`AUTH PLAIN ${plain}\r\n`, /^454 4\.7\.0 .+; .+\r\n/m],
  IMAP: [`a AUTHENTICATE PLAIN ${plain}\r\n`, /^a NO \[UNAVAILABLE\] .+; .+\r\n/m],
  POP: [`AUTH PLAIN ${plain}\r\n`, /^-ERR \[SYS\/TEMP\] .+; .+\r\n/m],
}

for (const [name, { says }] of Object.entries(faults)) {
  for (const protocol of protocols) {
    test(`${protocol}: a server that ${name}`, { concurrency: true }, async () => {
      const client = new LineClient({ port: portOf(name, protocol), host: '127.0.0.1' })
      const [command, reply] = logins[protocol]
      await client.say('', /\r\n/)
      const said = await client.say(command, /^(?:\d{3}|a|[-+]\w+) .*\r\n/m)
      client.socket.destroy()
      assert.match(said, reply)
      assert.match(said, says)
      const line = said.split('\r\n').findLast((each) => each !== '')
      assertSentence(line, `${protocol}: ${name}`)
    })
  }
}

test('the log and "status" name each trouble, with the next step, and no token', async () => {
  for (const { says } of Object.values(faults)) {
    const line = await daemon.logged(({ event, message }) => {
      return event === 'bridge.refused' && says.test(String(message))
    })
    assert.ok(line['hint'])
    assert.deepEqual([line['user'], line['caller']], [user, 'test'])
  }
  const { stdout } = await runClient(home, ['status'])
  for (const { says } of Object.values(faults)) assert.match(stdout.replaceAll(/\s+/g, ' '), says)
  const json = await runClient(home, ['status', '--json'])
  const { bridge_troubles: troubles } = JSON.parse(json.stdout) as {
    bridge_troubles: BridgeTrouble[]
  }
  for (const { says } of Object.values(faults)) {
    const told = troubles.find(({ message }) => says.test(message))
    assert.ok(told, String(says))
    assert.deepEqual([told.user, told.who], [user, '"test"'])
    assert.notEqual(told.hint, '')
  }
})
