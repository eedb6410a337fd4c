import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Home, runClient, startDaemon } from './daemon.ts'
import { findRenewerPid } from './renewer-pid.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

/** What two processes hold when nothing has changed for a while. */
export interface IdleMemory {
  daemonKiB: number
  bareKiB: number
  ratio: number
}

/**
 * The middle one of several starts, by its ratio: a daemon whose account is signed in, and which has
 * served a token, beside a bare server of the same Node.
 */
export async function measureIdleMemories(starts: number): Promise<IdleMemory> {
  const world = await createWorld()
  try {
    const signedIn = await startSignedIn(world, accountToml(world))
    await signedIn.stop()
    const all: IdleMemory[] = []
    for (let start = 0; start < starts; start++) all.push(await measureIdleMemory(world))
    const [median] = all.toSorted((a, b) => a.ratio - b.ratio).slice(Math.floor(starts / 2))
    if (median === undefined) throw new Error('nothing was measured')
    return median
  } finally {
    await world.close()
  }
}

async function measureIdleMemory({ home, user }: World): Promise<IdleMemory> {
  const bare = await startBareServer(home)
  const daemon = await startDaemon(home)
  try {
    const daemonPid = daemon.process.pid ?? 0
    const { status } = await runClient(home, ['--user', user])
    if (status !== 0) throw new Error(`no token: exit status ${status}`)
    while (findRenewerPid(daemonPid) !== undefined) await delay(50)
    const [daemonKiB = 0, bareKiB = 0] = await settledKiB([daemonPid, bare.pid])
    return { daemonKiB, bareKiB, ratio: daemonKiB / bareKiB }
  } finally {
    bare.kill()
    await daemon.stop()
  }
}

/** A server of Node that does nothing, once it listens. */
export async function startBareServer({
  directory,
  env,
}: Home): Promise<{ pid: number; kill: () => void }> {
  const path = join(directory, randomUUID())
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log())`
  const bare = spawn(process.execPath, ['-e', script], {
    env: { PATH: env.PATH }, // Without authorities, which would take memory.
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(bare.stdout, 'data')
  return { pid: bare.pid ?? 0, kill: () => bare.kill() }
}

/** What these processes hold, in KiB, once `same` readings in a row have shown the same. */
export async function settledKiB(pids: readonly number[], same = 5): Promise<number[]> {
  let last = pids.map(residentKiB)
  for (let left = same; left > 0;) {
    await delay(50)
    const next = pids.map(residentKiB)
    left = next.join() === last.join() ? left - 1 : same
    last = next
  }
  return last
}

/**
 * Resident memory of a process in KiB. The kernel's exact count is root's alone to read of a process
 * that is closed to others.
 */
export function residentKiB(pid: number): number {
  const file = process.getuid?.() === 0 ? 'smaps_rollup' : 'status'
  return Number(/^(?:Rss|VmRSS):\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1])
}
