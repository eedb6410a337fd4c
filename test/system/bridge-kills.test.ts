/**
 * kill -9 of the bridge and of the daemon while a client of each protocol is in each state of its
 * dialogue, all at once: nobody gets half an answer, or a yes that the mail server has not said, and
 * the next one is served.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Protocol, protocols } from '../../src/sasl/output-format.ts'
import { goodLogins, theirTag } from '../mail/good-logins.ts'
import { runClient, type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { LineClient } from '../support/line-client.ts'
import { type MailStep, startScriptedMailServer } from '../support/mail-server.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'
import { childPidsBy } from '../support/child-pids.ts'

/** Which way a client goes into its state, and the mail server with it. */
interface State {
  /** What it says, and what it then has heard; after the last one it waits. */
  says: [text: string, hears: RegExp | 'nothing'][]
  /** What the mail server does after its yes; absent: it is never asked for one. */
  server?: MailStep[]
  /** The mail server says yes to the login when the bridge can no longer hear it, or not at all. */
  yes?: 'late' | 'never'
}

const world = await createWorld()
after(() => world.close())
const { user, home, provider } = world

const nothing: State = { says: [] }
const base64 = (text: string) => Buffer.from(text).toString('base64')
/** It is filled in when there is one. */
const password = { text: '' }
const plain = () => base64(`\0${user}\0${password.text}`)

const greeting: Record<Protocol, [string, RegExp]> = {
  SMTP: ['', /^220 .*\r\n/m],
  IMAP: ['', /^\* OK .*\r\n/m],
  POP: ['', /^\+OK.*\r\n/m],
}
const login: Record<Protocol, (hears: RegExp | 'nothing') => [string, RegExp | 'nothing']> = {
  SMTP: (hears) => [`AUTH PLAIN ${plain()}\r\n`, hears],
  IMAP: (hears) => [`${theirTag} AUTHENTICATE PLAIN ${plain()}\r\n`, hears],
  POP: (hears) => [`AUTH PLAIN ${plain()}\r\n`, hears],
}
const isIn: Record<Protocol, RegExp> = {
  SMTP: /^235 .*\r\n/m,
  IMAP: new RegExp(`^${theirTag} OK .*\r\n`, 'm'),
  POP: /^\+OK.*\r\n/m,
}
const mail: [string, RegExp][] = [
  [`MAIL FROM:<${user}>\r\n`, /^250 .*\r\n/m],
  ['RCPT TO:<friend@example.org>\r\n', /^250 .*\r\n/m],
  ['DATA\r\n', /^354 .*\r\n/m],
]
const takes: MailStep[] = ['250', '250', '354'].flatMap((code) => [
  { hear: /^/ },
  { say: `${code} go on\r\n` },
])

/** The commands of a dialogue, each of which is a state of its own once it is answered. */
function states(): Record<Protocol, Record<string, State>> {
  const first = (protocol: Protocol, ...says: State['says']): State => ({
    says: [greeting[protocol], ...says],
  })
  const inside = (protocol: Protocol, says: State['says'], server: MailStep[] = []): State => ({
    says: [greeting[protocol], login[protocol](isIn[protocol]), ...says],
    server,
  })
  const thinking = (protocol: Protocol, yes: 'late' | 'never'): State => ({
    ...first(protocol, login[protocol]('nothing')),
    server: [],
    yes,
  })
  const common = (protocol: Protocol) => ({
    'before the greeting': nothing,
    'after the greeting': first(protocol),
    'while the mail server thinks': thinking(protocol, 'never'),
    'after a yes that nobody has heard': thinking(protocol, 'late'),
    'logged in': inside(protocol, []),
  })
  return {
    SMTP: {
      ...common('SMTP'),
      EHLO: first('SMTP', ['EHLO x\r\n', /^250 .*\r\n/m]),
      NOOP: first('SMTP', ['NOOP\r\n', /^250 .*\r\n/m]),
      'AUTH LOGIN': first('SMTP', ['AUTH LOGIN\r\n', /^334 .*\r\n/m]),
      'AUTH LOGIN, the name': first(
        'SMTP',
        ['AUTH LOGIN\r\n', /^334 .*\r\n/m],
        [`${base64(user)}\r\n`, /^334 .*\r\n/m],
      ),
      SCRAM: first('SMTP', [
        `AUTH SCRAM-SHA-256 ${base64(`n,,n=${user},r=abc`)}\r\n`,
        /^334 .*\r\n/m,
      ]),
      MAIL: inside('SMTP', mail.slice(0, 1), takes),
      RCPT: inside('SMTP', mail.slice(0, 2), takes),
      DATA: inside('SMTP', mail, takes),
      'in a message': inside('SMTP', [...mail, ['Subject: half\r\n', 'nothing']], takes),
      'after a message': inside('SMTP', [...mail, ['whole\r\n.\r\n', 'nothing']], takes),
    },
    IMAP: {
      ...common('IMAP'),
      CAPABILITY: first('IMAP', ['a CAPABILITY\r\n', /^a OK.*\r\n/m]),
      'LOGIN with a literal': first('IMAP', ['a LOGIN {4}\r\n', /^\+.*\r\n/m]),
      'AUTHENTICATE LOGIN': first('IMAP', ['a AUTHENTICATE LOGIN\r\n', /^\+ .*\r\n/m]),
      IDLE: inside(
        'IMAP',
        [['b IDLE\r\n', /^\+ idling\r\n/m]],
        [{ hear: /IDLE/ }, { say: '+ idling\r\n' }],
      ),
      'in an APPEND': inside(
        'IMAP',
        [
          ['b APPEND INBOX {8}\r\n', /^\+.*\r\n/m],
          ['half', 'nothing'],
        ],
        [{ hear: /APPEND/ }, { say: '+ go on\r\n' }],
      ),
      'in a FETCH': inside(
        'IMAP',
        [['b FETCH 1 BODY[]\r\n', /\{99\}\r\nhalf/]],
        [{ hear: /FETCH/ }, { say: '* 1 FETCH (BODY[] {99}\r\nhalf' }],
      ),
    },
    POP: {
      ...common('POP'),
      CAPA: first('POP', ['CAPA\r\n', /^\.\r\n/m]),
      USER: first('POP', [`USER ${user}\r\n`, /^\+OK.*\r\n/m]),
      'AUTH LOGIN': first('POP', ['AUTH LOGIN\r\n', /^\+ .*\r\n/m]),
      'in a RETR': inside(
        'POP',
        [['RETR 1\r\n', /half/]],
        [{ hear: /RETR/ }, { say: '+OK\r\nhalf' }],
      ),
      DELE: inside('POP', [['DELE 1\r\n', /^\+OK.*\r\n/m]], [{ hear: /DELE/ }, { say: '+OK\r\n' }]),
    },
  }
}

const names = protocols.flatMap((protocol) =>
  Object.keys(states()[protocol]).map((name) => ({ protocol, name })),
)
const ports = await findFreePorts(names.length)
const late: (() => void)[] = []
const asked = new Map<string, () => void>()
const tables = [accountToml(world)]
for (const [index, { protocol, name }] of names.entries()) {
  const { server = [], yes } = states()[protocol][name] ?? nothing
  const { plain: begun, secure, ok } = goodLogins[protocol]
  const reached: MailStep = { reach: () => asked.get(`${protocol} ${name}`)?.() }
  const turn: MailStep = { reach: () => new Promise<void>((resolve) => late.push(resolve)) }
  const answer: Record<string, MailStep[]> = {
    never: [],
    late: [turn, { say: ok }],
    now: [{ say: ok }, ...server],
  }
  const upstream = await startScriptedMailServer({
    steps: [...begun, ...secure, reached, ...(answer[yes ?? 'now'] ?? [])],
    certificates: provider.certificates,
  })
  after(() => upstream.close())
  tables.push(
    `[[bridge]]\nprotocol = "${protocol}"\nlisten = "127.0.0.1:${ports[index]}"\nconnections = 50\n` +
      `accounts = ["${user}"]\nserver = "localhost:${upstream.port}/starttls"\n`,
  )
}
let daemon: RunningDaemon = await startSignedIn(world, tables.join('\n'))
after(() => daemon.stop())
password.text = (await runClient(home, ['bridge', 'add-password', 'test'])).stdout.trim()

interface Visitor {
  protocol: Protocol
  name: string
  client: LineClient
}

async function open({ protocol, name }: Omit<Visitor, 'client'>, port: number): Promise<Visitor> {
  const { says, yes } = states()[protocol][name] ?? nothing
  const isAsked = new Promise<void>((resolve) => asked.set(`${protocol} ${name}`, resolve))
  const client = new LineClient({ port, host: '127.0.0.1' })
  for (const [text, hears] of says) {
    if (hears === 'nothing') client.socket.write(text)
    else await client.say(text, hears)
  }
  if (yes !== undefined) await isAsked
  return { protocol, name, client }
}

function bridgePid(): number {
  const [pid] = childPidsBy(daemon.process.pid ?? 0, 'cms-oauth-bridge')
  assert.ok(pid !== undefined)
  return pid
}

/** A client in each state, of which each has read what it was told. */
async function openAll(): Promise<Visitor[]> {
  const visits = names.map((each, index) => ({ each, port: ports[index] ?? 0 }))
  const isGreeted = ({ each }: (typeof visits)[number]) => each.name !== 'before the greeting'
  const visitors = await Promise.all(
    visits.filter(isGreeted).map(({ each, port }) => open(each, port)),
  )
  process.kill(bridgePid(), 'SIGSTOP')
  const others = visits.filter((visit) => !isGreeted(visit))
  visitors.push(...(await Promise.all(others.map(({ each, port }) => open(each, port)))))
  for (const sayYes of late.splice(0)) sayYes()
  return visitors
}

/** Who was not greeted may be greeted by the next one: it has lost nothing. */
async function assertClosed({ protocol, name, client }: Visitor): Promise<void> {
  if (name === 'before the greeting') {
    const [, hears] = greeting[protocol]
    assert.match(
      await client.say('', hears).catch(() => ''),
      new RegExp(`${hears.source}$|^$`, 'm'),
    )
    client.socket.destroy()
    return
  }
  assert.equal(await client.rest(), '', `${protocol}, ${name}`)
}

async function assertServed(): Promise<void> {
  for (const [index, each] of names.entries()) {
    if (each.name !== 'logged in') continue
    const { client } = await open(each, ports[index] ?? 0)
    client.socket.destroy()
  }
}

test('the bridge is killed', async () => {
  const visitors = await openAll()
  process.kill(bridgePid(), 'SIGKILL')
  await Promise.all(visitors.map(assertClosed))
  await assertServed()
})

test('the daemon is killed, and what goes on without it ends', async () => {
  const [visitors, pid] = [await openAll(), bridgePid()]
  await daemon.stop('SIGKILL')
  process.kill(pid, 'SIGCONT')
  const mayGoOn = visitors.filter(({ name }) => name !== 'after a yes that nobody has heard')
  await Promise.all(mayGoOn.map(assertClosed))
  daemon = await startDaemon(home)
  await assertServed()
})
