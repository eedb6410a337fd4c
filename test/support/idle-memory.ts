import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runClient, startDaemon } from './daemon.ts'
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
  const bare = spawn(process.execPath, ['-e', bareServer(join(home.directory, randomUUID()))], {
    env: { PATH: home.env.PATH }, // Without authorities, which would take memory.
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(bare.stdout, 'data')
  const daemon = await startDaemon(home)
  try {
    const [daemonPid, barePid] = [daemon.process.pid ?? 0, bare.pid ?? 0]
    const { status } = await runClient(home, ['--user', user])
    if (status !== 0) throw new Error(`no token: exit status ${status}`)
    while (findRenewerPid(daemonPid) !== undefined) await delay(50)
    const [daemonKiB, bareKiB] = await settle(() => [residentKiB(daemonPid), residentKiB(barePid)])
    return { daemonKiB, bareKiB, ratio: daemonKiB / bareKiB }
  } finally {
    bare.kill()
    await daemon.stop()
  }
}

function bareServer(path: string): string {
  return `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log())`
}

/** The numbers, once several readings in a row are the same. */
async function settle(read: () => [number, number]): Promise<[number, number]> {
  let last = read()
  for (let same = 0; same < 5;) {
    await delay(50)
    const next = read()
    same = next.join() === last.join() ? same + 1 : 0
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
