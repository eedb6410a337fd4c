import { setTimeout as delay } from 'node:timers/promises'
import { residentKiB } from '../support/idle-memory.ts'
import { openIdle, type Proxy, startBridgeStage } from './bridge-stage.ts'
import type { Bench, Row } from './row.ts'

const pairs = 1_000
/** Whose memory is not counted: the process has to grow for its first. */
const firstPairs = 250
const idleMs = 30_000
/** By then the bridge has given back what the logins took. */
const settledMs = 10_000

/**
 * What an idle IMAP connection takes of a bridge, and of the barest proxy that Node can be. Both are new:
 * a process that has been busy has room for some.
 */
export const bridgeIdlePairs: Bench = async () => {
  const stage = await startBridgeStage(pairs)
  try {
    const bare = await measure(stage.bare, 0)
    const ours = await measure(stage.bridge, idleMs)
    return [
      row('bridge: idle IMAP connection, KiB', '<= 60', ours.pairKiB),
      row('bridge: idle IMAP connection of a bare Node proxy, KiB', '-', bare.pairKiB),
      row(`bridge: memory of 1,000 of them after ${idleMs / 1_000} s`, '<= 1.02', ours.growth),
    ]
  } finally {
    await stage.close()
  }
}

function row(name: string, goal: string, figure: number): Row {
  return { name, goal, ratios: [figure] }
}

async function measure({ pid, logIn }: Proxy, afterMs: number) {
  const sockets = await openIdle(logIn, firstPairs)
  await delay(settledMs)
  const firstKiB = residentKiB(pid)
  sockets.push(...(await openIdle(logIn, pairs - firstPairs)))
  await delay(settledMs)
  const fullKiB = residentKiB(pid)
  await delay(afterMs)
  const growth = residentKiB(pid) / fullKiB
  for (const socket of sockets) socket.destroy()
  return { pairKiB: (fullKiB - firstKiB) / (pairs - firstPairs), growth }
}
