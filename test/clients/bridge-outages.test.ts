/**
 * Mail that waits in a program's queue is never bounced by an outage behind the bridge: it stays where
 * it is and arrives once when all is well again.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bridgeToml, createBridgeWorld } from '../support/bridge-world.ts'
import { type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { LineClient } from '../support/line-client.ts'
import { friend, type QueueingProgram, queueingPrograms } from '../support/queueing-programs.ts'
import { serverTroubles } from '../support/server-troubles.ts'
import { accountToml, signIn } from '../support/world.ts'

const world = await createBridgeWorld()
const { user, mail, home, password, port } = world
let daemon: RunningDaemon = world.daemon
const programs: QueueingProgram[] = []

before(async () => {
  const login = { user, password, ports: { smtp: port } }
  const starts = Object.values(queueingPrograms).map((start) => start(login))
  programs.push(...(await Promise.all(starts)))
})

after(async () => {
  await Promise.all(programs.map((program) => program.close()))
  await daemon.stop()
  await world.close()
})

/** What is wrong for a while. */
interface Outage {
  name: string
  begin: () => unknown
}

/** Each program has a message while each of these is so; all leave when all is over. */
async function outlive(outages: readonly Outage[], end: () => unknown): Promise<void> {
  mail.messages.length = 0
  try {
    for (const [index, { name, begin }] of outages.entries()) {
      await begin()
      await Promise.all(programs.map((program) => program.submit(letter(name, program))))
      for (const program of programs) await assertWaiting(program, index + 1, name)
    }
    assert.equal(mail.messages.length, 0)
  } finally {
    await end()
  }
  await Promise.all(programs.map((program) => program.flush()))
  for (const program of programs) {
    await assertWaiting(program, 0, 'all is well')
    const own = mail.messages.filter(({ text }) => text.includes(`by ${program.name}`))
    const subjects = own.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1])
    assert.equal(own.length, outages.length, program.name)
    assert.deepEqual(new Set(subjects), new Set(outages.map(({ name }) => name)), program.name)
    for (const { from, to } of own) assert.deepEqual([from, to], [user, [friend]])
  }
  assert.equal(mail.messages.length, programs.length * outages.length)
}

async function assertWaiting(program: QueueingProgram, count: number, when: string): Promise<void> {
  assert.equal(await program.waiting(), count, `${program.name}: ${when}`)
}

function letter(subject: string, { name }: QueueingProgram): string {
  return `From: ${user}\nTo: ${friend}\nSubject: ${subject}\n\nby ${name}\n`
}

/** The bridge with these lines in place of its own. */
async function configure(more: string, server = mail): Promise<void> {
  const toml = bridgeToml({ ...world, mail: server }, [`127.0.0.1:${port}`], more)
  await home.configure(`${accountToml(world)}\n${toml}`)
  await daemon.control.reload()
}

async function restart(env: NodeJS.ProcessEnv = {}): Promise<void> {
  await daemon.stop()
  daemon = await startDaemon(home, env)
}

test('the provider cannot be reached', async () => {
  const [nobody = 0] = await findFreePorts(1)
  const proxy = { https_proxy: `http://127.0.0.1:${nobody}` }
  await outlive([{ name: 'no provider', begin: () => restart(proxy) }], () => restart())
  const logins = await daemon.loggedAll(({ event }) => event === 'bridge.login', programs.length)
  const mechanisms = logins.map(({ mechanism }) => String(mechanism)).toSorted()
  // Those of dma, of exim, nullmailer and sendmail(8), and of Postfix.
  assert.deepEqual(mechanisms, ['LOGIN', 'PLAIN', 'PLAIN', 'PLAIN', 'SCRAM-SHA-256'])
})

test('the mail server cannot be reached', async () => {
  const [nobody = 0] = await findFreePorts(1)
  const begin = () => configure('', { ...mail, port: nobody })
  await outlive([{ name: 'no server', begin }], () => configure(''))
})

test('the mail server is in trouble, or refuses what is right', async () => {
  const outages = Object.entries(serverTroubles).map(([name, trouble]) => {
    return { name, begin: () => (mail.trouble = trouble) }
  })
  await outlive(outages, () => (mail.trouble = undefined))
})

test('the daemon is frozen', async () => {
  await outlive([{ name: 'frozen', begin: () => daemon.process.kill('SIGSTOP') }], () => {
    daemon.process.kill('SIGCONT')
  })
})

test('daemon and bridge are killed', async () => {
  await outlive([{ name: 'killed', begin: () => daemon.stop('SIGKILL') }], async () => {
    daemon = await startDaemon(home)
  })
})

test('the sign-in expires', async () => {
  await outlive([{ name: 'expired', begin: endSignIn }], async () => {
    assert.equal((await signIn(world, daemon)).event, 'completed')
  })
})

async function endSignIn(): Promise<void> {
  await world.provider.revokeGrants(user)
  await assert.rejects(daemon.control.refresh(user), { code: 'sign_in_required' })
}

test('all connections of the account are in use', async () => {
  await configure('connections = 1\nwait = "100ms"\n')
  const other = new LineClient({ port, host: '127.0.0.1' })
  const begin = async () => {
    const plain = Buffer.from(`\0${user}\0${password}`).toString('base64')
    await other.say(`EHLO other\r\nAUTH PLAIN ${plain}\r\n`, /^235.*\r\n/m)
  }
  await outlive([{ name: 'in use', begin }], async () => {
    other.socket.destroy()
    await configure('')
  })
})
