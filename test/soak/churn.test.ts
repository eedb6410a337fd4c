/**
 * 20,000 connections that are opened again as soon as the server ends them, of one uid and of 300, silent
 * or with a part of a request: an honest client's p99 is below 20 ms, and the daemon grows by less than
 * 50 MiB. While they first come, as fast as a processor that does nothing else opens them, nobody is refused
 * either: who asks waits for those before it in the queue alone, 4,096 at most, for each of which the daemon takes 8 us.
 * Needs root and cc. Where fewer than 21,000 files may be open (`ulimit -Hn`) not all have a place, so that
 * they come again at full speed, not every ten seconds. Takes two minutes.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, type TestContext, test } from 'node:test'
import { residentKiB } from '../support/idle-memory.ts'
import { describe as inWords, measureAnswers } from './measure-answers.ts'
import { requireRoot } from './require-root.ts'
import { startSignedInWorld } from './signed-in-world.ts'

const connections = 20_000
const measuredMs = 20_000
const limits = { p99Ms: 20, growthKiB: 50 * 1_024, longestWhileTheyComeMs: 100 }
const directory = mkdtempSync(join(tmpdir(), 'churn-'))
const churner = join(directory, 'churner')

before(() => {
  requireRoot()
  execFileSync('cc', ['-O2', '-o', churner, join(import.meta.dirname, 'churner.c')])
})
after(() => rmSync(directory, { recursive: true }))

interface Churn {
  /** Resolves with how many it holds once they are all, or all that it may open. */
  filled: Promise<number>
  /** Ends it; how many connections it opened. */
  end(): Promise<number>
}

/** Resolves when it begins. */
async function churn(
  t: TestContext,
  path: string,
  [uids, text]: readonly [number, string],
): Promise<Churn> {
  const args = [path, String(connections), String(uids), text]
  const child = spawn(churner, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)
  const nextNumber = async () => Number((await once(lines, 'line'))[0])
  await nextNumber()
  const filled = nextNumber()
  const end = () => {
    const told = nextNumber()
    child.stdin.end()
    return told
  }
  return { filled, end }
}

function openFilesOf(pid: number): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1])
}

describe('clients that come again at once', () => {
  for (const [uids, text] of [
    [1, ''],
    [1, 'SMTP us'],
    [300, ''],
    [300, 'SMTP us'],
  ] as const) {
    const what = text === '' ? 'silent' : 'with a part of a request'
    test(`${connections} of ${uids} uids, ${what}, hold up nobody`, async (t) => {
      const { daemon, home, user } = await startSignedInWorld(t)
      const pid = daemon.process.pid ?? assert.fail('no daemon')
      // Others must get to it.
      for (const path of [
        home.directory,
        dirname(dirname(home.tokenSocket)),
        dirname(home.tokenSocket),
      ]) {
        chmodSync(path, 0o711)
      }
      chmodSync(home.tokenSocket, 0o666)
      const memory = residentKiB(pid)
      const flood = await churn(t, home.tokenSocket, [uids, text])
      const request = `SMTP,token ${user}\n`
      const hasFilled = new AbortController()
      void flood.filled.then(() => hasFilled.abort())
      const atFirst = await measureAnswers(home.tokenSocket, request, hasFilled.signal)
      const signal = AbortSignal.timeout(measuredMs)
      const measured = await measureAnswers(home.tokenSocket, request, signal)
      const growth = residentKiB(pid) - memory
      const opened = await flood.end()
      t.diagnostic(`while they come: ${inWords(atFirst)}`)
      t.diagnostic(`then, ${await flood.filled} held: ${inWords(measured)}`)
      t.diagnostic(`${opened} connections, +${growth} KiB, ${openFilesOf(pid)} files may be open`)
      assert.deepEqual([atFirst.failures, measured.failures], [[], []])
      assert.ok(measured.p99Ms < limits.p99Ms, `p99 ${measured.p99Ms} ms`)
      assert.ok(atFirst.longestMs < limits.longestWhileTheyComeMs, `${atFirst.longestMs} ms`)
      assert.ok(growth < limits.growthKiB, `+${growth} KiB`)
    })
  }
})
