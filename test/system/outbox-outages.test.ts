/**
 * Trouble on the way from an outbox to a provider: programs hear yes throughout, and all is sent in the order
 * in which it came, one after the other, without a command and long before the next try would be.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startDaemon } from '../support/daemon.ts'
import { startGmailApi } from '../support/gmail-api.ts'
import { startGraphApi } from '../support/graph-api.ts'
import { emptied, type Stage, startStage } from '../support/outbox-stage.ts'
import { startSubmissionServer } from '../support/submission-server.ts'
import { startWayGate, type WayGate, type WayState } from '../support/way-gate.ts'
import { createWorld, type World } from '../support/world.ts'

/** Who waits for the next try waits in vain. */
const retry = 'retry = ["24h"]\nper_hour = 1000\n'
const ways = ['graph', 'gmail-api', 'smtp'] as const
const names = ['first', 'second', 'third', 'fourth']

interface Server {
  port: number
  /** The subjects of what it has, in order. */
  subjects: () => string[]
  /** Requests of an API. */
  mostAtOnce?: () => number
  close: () => Promise<void>
}

interface Outage extends Stage {
  gate: WayGate
  server: Server
}

async function startServer(world: World, via: (typeof ways)[number]): Promise<Server> {
  const { provider } = world
  const { certificates } = provider
  if (via === 'smtp') {
    const introspect = (token: string) => provider.introspect(token)
    const server = await startSubmissionServer({ certificates, introspect, isStrict: true })
    return {
      port: server.port,
      subjects: () => server.messages.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1] ?? ''),
      close: () => server.close(),
    }
  }
  const begin = via === 'graph' ? startGraphApi : startGmailApi
  const api = await begin({ certificates, introspect: (token) => provider.findToken(token) })
  const subjectOf = ({ read }: (typeof api.sent)[number]) =>
    read.fields.find(({ name }) => name === 'subject')?.value ?? ''
  return {
    port: Number(new URL(api.origin).port),
    subjects: () => api.sent.map(subjectOf),
    mostAtOnce: () => api.mostAtOnce(),
    close: () => api.close(),
  }
}

async function start(
  t: TestContext,
  via: (typeof ways)[number],
  prepare: (world: World) => void = () => {},
): Promise<Outage> {
  const world = await createWorld()
  prepare(world)
  const server = await startServer(world, via)
  t.after(() => server.close())
  const gate = await startWayGate(server.port)
  t.after(() => gate.close())
  const way =
    via === 'smtp'
      ? `via = "smtp"\nhost = "localhost:${gate.port}/starttls"\n`
      : `api = "https://localhost:${gate.port}"\n`
  const shape = { graph: 'office365', 'gmail-api': 'gmail', smtp: 'oidc' } as const
  const stage = await startStage(t, shape[via], world, way + retry)
  return Object.assign(stage, { gate, server })
}

async function sendAll({ send }: Stage, subjects: readonly string[]): Promise<void> {
  for (const subject of subjects) {
    assert.equal(await send({ message: `Subject: ${subject}\n\ntext\n` }), 0)
  }
}

async function assertAllSentInOrder({ server, spool }: Outage): Promise<void> {
  await emptied(spool)
  assert.deepEqual(server.subjects(), names)
  assert.equal(server.mostAtOnce?.() ?? 1, 1, 'one at a time')
}

/** What each way meets, one after the other; it takes the 20 s of a deadline to find out that it hangs. */
const states = {
  graph: ['refuses', 'cuts'],
  'gmail-api': ['refuses', 'hangs'],
  smtp: ['refuses', 'cuts'],
} as const satisfies Record<string, readonly WayState[]>

for (const via of ways) {
  test(`${via}: the way ${states[via].join(', then ')}, and opens again`, async (t) => {
    const outage = await start(t, via)
    const { gate, daemon } = outage
    for (const [index, state] of states[via].entries()) {
      const { length } = daemon.log
      await gate.set(state)
      await sendAll(outage, names.slice(index * 2, index * 2 + 2))
      const isNew = (line: (typeof daemon.log)[number]) => daemon.log.indexOf(line) >= length
      await daemon.logged((line) => line.event === 'outbox.waits' && isNew(line))
      await gate.set('open')
      await emptied(outage.spool)
    }
    await assertAllSentInOrder(outage)
  })
}

test('graph: the daemon is started meanwhile, and has no token', async (t) => {
  const outage = await start(t, 'graph')
  await outage.gate.set('refuses')
  await sendAll(outage, names.slice(0, 2))
  await outage.daemon.stop()
  outage.daemon = await startDaemon(outage.world.home)
  await sendAll(outage, names.slice(2))
  await outage.daemon.logged(({ event }) => event === 'outbox.waits')
  await outage.gate.set('open')
  await assertAllSentInOrder(outage)
})

const canMount = spawnSync('unshare', ['--mount', 'mount', '--bind', '/etc/hosts', '/etc/hosts'])
const skip = canMount.status === 0 ? false : 'needs root, to take the names away'

test('gmail-api: no name can be resolved', { skip }, async (t) => {
  let hosts = ''
  const resolve = (isPossible: boolean) =>
    writeFileSync(hosts, isPossible ? '127.0.0.1 localhost\n::1 localhost\n' : '\n')
  const outage = await start(t, 'gmail-api', ({ home }) => {
    const place = (name: string, text: string) => {
      writeFileSync(join(home.directory, name), text)
      return join(home.directory, name)
    }
    hosts = place('hosts', '')
    resolve(true)
    const files = [
      ['/etc/hosts', hosts],
      ['/etc/resolv.conf', place('resolv.conf', 'nameserver 127.0.0.1\noptions attempts:1\n')],
      ['/etc/nsswitch.conf', place('nsswitch.conf', 'hosts: files dns\n')],
    ] as const
    const mounts = files.map(([path, own]) => `mount --bind ${own} ${path}`).join(' && ')
    const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
    home.daemonProgram = place(
      'daemon',
      `#!/bin/sh\nexec unshare --mount sh -c 'export LISTEN_PID=$$; ${mounts} && exec ${program}'\n`,
    )
    chmodSync(home.daemonProgram, 0o755)
  })
  resolve(false)
  await sendAll(outage, names)
  await outage.daemon.logged(({ event }) => event === 'outbox.waits')
  resolve(true)
  await assertAllSentInOrder(outage)
})
