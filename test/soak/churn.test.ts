/**
 * 20,000 connections that are opened again as soon as the server ends them, of one uid and of 300, silent
 * or with a part of a request: an honest client's p99 is below 20 ms, and the daemon grows by less than
 * 50 MiB. Needs root, cc, and 21,000 open files (`ulimit -Hn`). Takes two minutes.
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
const neededFiles = 21_000
const measuredMs = 20_000
const limits = { p99Ms: 20, growthKiB: 50 * 1_024 }
const directory = mkdtempSync(join(tmpdir(), 'churn-'))
const churner = join(directory, 'churner')

before(() => {
  requireRoot()
  execFileSync('cc', ['-O2', '-o', churner, join(import.meta.dirname, 'churner.c')])
})
after(() => rmSync(directory, { recursive: true }))

/** Resolves when all of them run; what is returned ends them, and says how many connections they opened. */
async function churn(t: TestContext, path: string, [uids, text]: readonly [number, string]) {
  const args = [path, String(connections), String(uids), text]
  const child = spawn(churner, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)
  await once(lines, 'line')
  return async (): Promise<number> => {
    const told = once(lines, 'line')
    child.stdin.end()
    return Number((await told)[0])
  }
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
      const end = await churn(t, home.tokenSocket, [uids, text])
      const signal = AbortSignal.timeout(measuredMs)
      const measured = await measureAnswers(home.tokenSocket, `SMTP,token ${user}\n`, signal)
      const growth = residentKiB(pid) - memory
      const opened = await end()
      t.diagnostic(`${inWords(measured)}; ${opened} connections, +${growth} KiB`)
      assert.deepEqual(measured.failures, [])
      assert.ok(measured.p99Ms < limits.p99Ms, `p99 ${measured.p99Ms} ms`)
      assert.ok(growth < limits.growthKiB, `+${growth} KiB`)
      assert.ok(openFilesOf(pid) >= neededFiles, `only ${openFilesOf(pid)} files may be open`)
    })
  }
})
