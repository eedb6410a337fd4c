import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runClient } from '../support/daemon.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'
import { residentKiB } from '../support/idle-memory.ts'
import { longToken } from '../support/mail-client-world.ts'
import { startBareServer, startPrototype } from './bare-server.ts'
import { LoadGenerator } from './load.ts'
import { cpuMs } from './cpu-ms.ts'
import type { Bench, Row } from './row.ts'

const requests = 20_000
const clientCounts = [1, 16, 64]
/** For the memory after a long load: 300,000 requests in all. */
const longLoad = 300_000

interface Server {
  pid: number
  path: string
}

interface Measured {
  perSecond: number
  cpuUs: number
  p99Us: number
}

/**
 * What the token socket costs beside a bare Node server that answers the same bytes to whatever it
 * is asked: the real daemon, signed in, its audit on. A prototype that does the least that a token socket
 * has to says what of the difference is Node's own.
 */
export const tokenSocket: Bench = async ({ rounds }) => {
  const world = await createWorld({ accessTokenLength: longToken, accessTokenLifetime: 3_600 })
  const { home, user } = world
  const signedIn = await startSignedIn(world, accountToml(world))
  await signedIn.stop()
  const generator = new LoadGenerator(home.directory)
  const barePath = join(home.directory, 'bare.sock')
  const { stdout } = await withQuietDaemon(world, () => runClient(home, ['--user', user]))
  const bare = await startBareServer(barePath, stdout.trim().length)
  const prototypePath = join(home.directory, 'prototype.sock')
  const prototype = await startPrototype(prototypePath, stdout.trim().length)
  try {
    return await withQuietDaemon(world, (daemon) =>
      compare(
        rounds,
        {
          daemon,
          bare: { pid: bare.pid ?? 0, path: barePath },
          prototype: { pid: prototype.pid ?? 0, path: prototypePath },
        },
        (server, clients, count) =>
          measure(generator, server, { clients, count, question: `SMTP ${user}` }),
      ),
    )
  } finally {
    bare.kill()
    prototype.kill()
    await world.close()
  }
}

type Measure = (server: Server, clients: number, count: number) => Promise<Measured>

interface Servers {
  daemon: Server
  bare: Server
  prototype: Server
}

async function compare(
  rounds: number,
  { daemon, bare, prototype }: Servers,
  run: Measure,
): Promise<Row[]> {
  const ratios = new Map<string, number[]>()
  const note = (name: string, ratio: number) =>
    ratios.set(name, [...(ratios.get(name) ?? []), ratio])
  for (const server of [daemon, bare, prototype]) await run(server, 16, 5_000)
  for (let round = 0; round < rounds; round++) {
    for (const clients of clientCounts) {
      const theirs = await run(bare, clients, requests)
      const ours = await run(daemon, clients, requests)
      const least = await run(prototype, clients, requests)
      note(`requests/s, ${clients} at a time`, ours.perSecond / theirs.perSecond)
      note(`CPU per request, ${clients} at a time`, ours.cpuUs / theirs.cpuUs)
      note(`CPU per request of a prototype, ${clients} at a time`, least.cpuUs / theirs.cpuUs)
      if (clients < 64) note(`p99, ${clients} at a time`, ours.p99Us / theirs.p99Us)
    }
  }
  for (const server of [daemon, bare]) await run(server, 16, longLoad)
  note('memory after 300,000 requests', residentKiB(daemon.pid) / residentKiB(bare.pid))
  return [...ratios].map(([name, list]) => ({ name, ratios: list, goal: goalOf(name) }))
}

function goalOf(name: string): string {
  if (name.startsWith('requests')) return '>= 0.85'
  if (name.includes('prototype')) return '-'
  if (name.startsWith('CPU')) return '<= 1.25'
  return name.startsWith('p99') ? '<= 1.5' : '<= 0.75'
}

async function measure(
  generator: LoadGenerator,
  { pid, path }: Server,
  { clients, count, question }: { clients: number; count: number; question: string },
): Promise<Measured> {
  const before = cpuMs(pid)
  const { seconds, p99Us } = await generator.run(path, clients, count, question)
  return { perSecond: count / seconds, cpuUs: ((cpuMs(pid) - before) * 1_000) / count, p99Us }
}

/** A daemon whose log goes where writing costs little, as into journald's socket. */
async function withQuietDaemon<T>(
  { home, user }: World,
  use: (daemon: Server) => Promise<T>,
): Promise<T> {
  const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
  const daemon = spawn(program, [], { env: home.env, stdio: ['ignore', 'ignore', 'ignore'] })
  try {
    while ((await runClient(home, ['--user', user])).status !== 0) await delay(50)
    return await use({ pid: daemon.pid ?? 0, path: home.tokenSocket })
  } finally {
    const gone = new Promise((resolve) => daemon.once('exit', resolve))
    daemon.kill()
    await gone
  }
}
