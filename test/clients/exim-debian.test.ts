/** exim with Debian's own configuration for a smarthost, which on its own loses mail without a token. */
import assert from 'node:assert/strict'
import { chmod, mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { xoauth2 } from '../../src/sasl/xoauth2.ts'
import type { RunningDaemon } from '../support/daemon.ts'
import { createDebianExim, type DebianParts } from '../support/debian-exim.ts'
import { admitExim, type Exim } from '../support/exim.ts'
import { type ImpostorSocket, startImpostorSocket } from '../support/impostor-socket.ts'
import { fillExample } from '../support/mail-client-world.ts'
import { serverTroubles } from '../support/server-troubles.ts'
import { startSubmissionServer, type SubmissionServer } from '../support/submission-server.ts'
import { accountToml, createWorld, signIn, startSignedIn, type World } from '../support/world.ts'

const layouts = ['split', 'unsplit'] as const
const ports = [587, 465] as const
const authenticators = ['authenticator', 'authenticator-checked'] as const

/** What exim finds behind its socket when there is no token that the server takes. */
const brokerTroubles = {
  'the token has expired': 'impostor',
  'there is no token': 'silent',
  'the daemon is down': 'absent',
} as const

const secondUser = 'second@example.com'

let world: World
let daemon: RunningDaemon
let impostor: ImpostorSocket
let servers: Record<(typeof ports)[number], SubmissionServer>

before(async () => {
  world = await createWorld()
  const { certificates } = world.provider
  const introspect = (token: string) => world.provider.introspect(token)
  servers = {
    587: world.mail,
    465: await startSubmissionServer({ certificates, introspect, isImplicitTls: true }),
  }
  await mkdir(join(world.home.directory, 'exim'))
  await admitExim(world)
  impostor = await startImpostorSocket(world.home.directory, xoauth2(world.user, 'expired'))
  await chmod(impostor.path, 0o666)
  const sockets = Object.entries({ right: 'SMTP', silent: 'IMAP' }).map(
    ([name, protocol]) =>
      `[[socket]]\npath = "${socketOf(name)}"\nprotocols = ["${protocol}"]\n` +
      'mode = "0660"\ngroup = "Debian-exim"\nreply = "xoauth2"\n',
  )
  const other = { ...world, user: secondUser }
  const accounts = `${accountToml(world)}\n${accountToml(other)}\n`
  daemon = await startSignedIn(world, accounts + sockets.join(''))
  await signIn(other, daemon)
})

after(async () => {
  await impostor.close()
  await daemon.stop()
  await servers[465].close()
  await world.close()
})

beforeEach(async () => {
  await answerWith('right')
  for (const server of Object.values(servers)) {
    server.trouble = undefined
    server.messages.length = 0
    server.logins.length = 0
  }
})

function socketOf(name: string): string {
  return join(world.home.directory, 'exim', `${name}.sock`)
}

/** Who is behind the socket that exim asks: the daemon, the daemon that refuses, or nobody. */
async function answerWith(name: 'right' | 'silent' | 'absent' | 'impostor'): Promise<void> {
  const asked = socketOf('asked')
  await rm(asked, { force: true })
  await symlink(name === 'impostor' ? impostor.path : socketOf(name), asked)
}

type Choice = Partial<DebianParts> & {
  layout?: (typeof layouts)[number]
  port?: (typeof ports)[number]
  example?: (typeof authenticators)[number]
}

/** exim with the examples, filled in; a part that is given takes the place of its example. */
async function createExim({
  layout = 'unsplit',
  port = 587,
  example = 'authenticator-checked',
  ...given
}: Choice = {}): Promise<Exim> {
  const macros = await fillExample(
    'exim4/debian-macros',
    port === 465 ? { '# REMOTE': 'REMOTE' } : {},
  )
  const { caFile } = world.provider.certificates
  const parts: DebianParts = {
    authenticator: await fillExample(`exim4/${example}`, {
      '/home/XX/mail/.cms/exim/cms.sock': socketOf('asked'),
      'user@domain': world.user,
    }),
    macros: `${macros}REMOTE_SMTP_SMARTHOST_TLS_VERIFY_CERTIFICATES = ${caFile}\n`,
    transport: await fillExample('exim4/debian-transport', {}),
    retry: await fillExample('exim4/debian-retry', {}),
    ...given,
  }
  return createDebianExim(world, { isSplit: layout === 'split', port: servers[port].port, parts })
}

/** Hands a message in; it waits until somebody tries. */
async function submit(exim: Exim, sender = world.user, mode = '-odq'): Promise<void> {
  const text = `From: ${sender}\nTo: friend@example.org\nSubject: hello\n\nfrom exim\n`
  const args = [mode, '-oi', '-f', sender, 'friend@example.org']
  const { status, stderr } = await exim.run(args, text)
  assert.equal(status, 0, stderr)
}

/** Tries what waits, whatever exim remembers of the server; returns what the log says of it. */
async function attempt(exim: Exim): Promise<string> {
  const { length } = await exim.log()
  await exim.run(['-qff'])
  return (await exim.log()).slice(length)
}

/** It waits: it was neither sent, nor returned, nor frozen. */
async function assertWaits(exim: Exim, trouble: string): Promise<void> {
  const log = await attempt(exim)
  assert.match(log, / == friend@example\.org /, trouble)
  assert.doesNotMatch(log, / \*\* | <= <> |Frozen|Completed|error ignored/, trouble)
}

async function assertLeaves(exim: Exim, server: SubmissionServer): Promise<void> {
  const log = await attempt(exim)
  assert.deepEqual(
    server.messages.map(({ user }) => user),
    [world.user],
    log,
  )
  assert.equal(await exim.queued(), 0, log)
}

for (const layout of layouts) {
  for (const port of ports) {
    for (const example of authenticators) {
      test(`${layout}, port ${port}, "${example}": mail waits for its token`, async () => {
        const exim = await createExim({ layout, port, example })
        await submit(exim)
        for (const [trouble, socket] of Object.entries(brokerTroubles)) {
          await answerWith(socket)
          await assertWaits(exim, trouble)
        }
        await answerWith('right')
        await assertLeaves(exim, servers[port])
      })
    }
  }
}

for (const example of authenticators) {
  test(`with "${example}" mail waits, whatever the server says to the login`, async () => {
    const exim = await createExim({ example })
    await submit(exim)
    for (const [name, trouble] of Object.entries(serverTroubles)) {
      world.mail.trouble = trouble
      await assertWaits(exim, name)
    }
    world.mail.trouble = undefined
    await assertLeaves(exim, world.mail)
    // What it says to the sender is its last word.
    world.mail.trouble = { at: 'sender', says: '550 5.7.60 Client does not have permissions' }
    await submit(exim)
    assert.match(await attempt(exim), / \*\* friend@example\.org .*550 5\.7\.60/)
  })
}

test('mail waits, and no token is shown, while nobody vouches for the certificate', async () => {
  const exim = await createExim({ macros: await fillExample('exim4/debian-macros', {}) })
  await submit(exim)
  await assertWaits(exim, 'certificate')
  assert.deepEqual(world.mail.logins, [])
  const { stdout } = await exim.run(['-brt', 'friend@example.org', 'auth_failed'])
  assert.match(stdout, /^Retry rule: \* +auth_failed +F,52w,15m;/)
})

test('messages of two accounts each go out by their own login, on whatever connection', async () => {
  const [first, second] = [world.user, secondUser]
  const authenticator = await fillExample('exim4/authenticator', {
    '/home/XX/mail/.cms/exim/cms.sock': socketOf('asked'),
    'user@domain': '$sender_address',
  })
  const exim = await createExim({ authenticator })
  for (const sender of [first, second]) await submit(exim, sender, '-odqs')
  await exim.run(['-qqff'])
  const sent = new Map(world.mail.messages.map(({ user, from }) => [from, user]))
  assert.deepEqual(Object.fromEntries(sent), { [first]: first, [second]: second })
})

test('without the line in the transport exim returns the mail, whatever passwd.client says', async () => {
  const exim = await createExim({ transport: '', passwords: '*:x:x\n' })
  await answerWith('silent')
  await submit(exim)
  assert.match(await attempt(exim), / \*\* friend@example\.org .*: 530 /)
})
