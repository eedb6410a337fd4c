/**
 * 50 writers that never end a request, for 60 s: the daemon grows by less than 50 MB, logs less than
 * 10 kB, and serves. Takes a minute.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../daemon/socket/token-socket.ts'
import { startSignedInWorld } from './signed-in-world.ts'
import { startHelper } from './start-helper.ts'

const floodMs = 60_000
const limits = { growthKiB: 50_000_000 / 1_024, logBytes: 10_000 }

function residentKiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

test('50 writers without end cost little memory, few lines and nobody an answer', async (t) => {
  const { daemon, home, user } = await startSignedInWorld(t)
  const pid = daemon.process.pid ?? assert.fail('no daemon')
  const loggedBefore = daemon.log.length
  const before = residentKiB(pid)
  let highest = before
  let asked = 0
  const flooder = await startHelper(t, 'flooder.ts', [home.tokenSocket, '50'])
  for (const end = performance.now() + floodMs; performance.now() < end; await delay(100)) {
    highest = Math.max(highest, residentKiB(pid))
    assert.notEqual(await ask(home.tokenSocket, `SMTP,token ${user}\n`), '')
    asked++
  }
  const cuts = await flooder.tell<number>('end')
  // Each token that is served has its line, which is not the flood's.
  const lines = daemon.log.slice(loggedBefore).filter(({ event }) => event !== 'token.granted')
  const logBytes = lines.reduce((sum, line) => sum + JSON.stringify(line).length + 1, 0)
  t.diagnostic(
    `${cuts} writers cut off, ${asked} requests served, RSS ${before} KiB, at most ` +
      `+${highest - before} KiB, ${lines.length} lines of ${logBytes} bytes`,
  )
  assert.ok(cuts > 1_000)
  assert.ok(highest - before < limits.growthKiB, `+${highest - before} KiB`)
  assert.ok(logBytes < limits.logBytes, `${logBytes} bytes`)
})
