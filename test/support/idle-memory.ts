import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createHome, startDaemon } from './daemon.ts'
import { findRenewerPid } from './renewer-pid.ts'

const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'

/** What two processes hold when nothing has changed for a while. */
export interface IdleMemory {
  daemonKiB: number
  bareKiB: number
  ratio: number
}

/** Starts the daemon and a bare server of the same Node, and measures both when they idle. */
export async function measureIdleMemory(): Promise<IdleMemory> {
  const home = await createHome()
  await home.configure(account)
  const bare = spawn(process.execPath, ['-e', bareServer(join(home.directory, 'bare.sock'))], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(bare.stdout, 'data')
  const daemon = await startDaemon(home)
  try {
    const [daemonPid, barePid] = [daemon.process.pid ?? 0, bare.pid ?? 0]
    while (findRenewerPid(daemonPid) !== undefined) await delay(50)
    const [daemonKiB, bareKiB] = await settle(() => [residentKiB(daemonPid), residentKiB(barePid)])
    return { daemonKiB, bareKiB, ratio: daemonKiB / bareKiB }
  } finally {
    bare.kill()
    await daemon.stop()
    await home.remove()
  }
}

/** The middle one of several starts, by its ratio. */
export async function measureIdleMemories(starts: number): Promise<IdleMemory> {
  const all: IdleMemory[] = []
  for (let start = 0; start < starts; start++) all.push(await measureIdleMemory())
  const [median] = all.toSorted((a, b) => a.ratio - b.ratio).slice(Math.floor(starts / 2))
  if (median === undefined) throw new Error('nothing was measured')
  return median
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

/** The kernel's exact count is root's alone to read of a process that is closed to others. */
function residentKiB(pid: number): number {
  const file = process.getuid?.() === 0 ? 'smaps_rollup' : 'status'
  return Number(/^(?:Rss|VmRSS):\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1])
}
