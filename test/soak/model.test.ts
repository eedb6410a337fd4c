/**
 * The model of the store and of the token's states: searched through, its mutants found out, and what it
 * does played against the renewers themselves, with a strict provider, kills and a full disk. Needs spin,
 * gcc and root.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, type TestContext, test } from 'node:test'
import { takeOwnMounts } from './own-mounts.ts'
import { playTrace } from './model/play-trace.ts'
import { requireRoot } from './require-root.ts'

const model = join(import.meta.dirname, 'model', 'rotation.pml')
const traces = 40
/** What a person does is not among the moves that are played. */
const withoutSignIn = '-DNO_SIGN_IN'

/** Programs that break one rule each. */
const mutants = {
  NO_LOCK: 'two renewers work at a time',
  GIVE_UP: 'an exchange is abandoned that may have rotated',
  JUDGE_FIRST: 'an answer is judged before it is sealed',
  DISK_FIRST: 'what lies aside is not read',
  ASIDE_STAYS: 'what lies aside is always believed',
  NO_FALL_BACK: 'what the disk refuses is dropped',
  MEMORY_ONLY: 'what the disk refuses is in the memory of a process alone',
  FORGET_AT_THE_END: 'a renewer ends with the only copy in its memory',
  LATE_WINS: 'an older sign-in takes the place of a newer one',
}

before(() => {
  requireRoot()
  takeOwnMounts()
})

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'model-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

/** What the search says; `options` are those of spin, `cwd` is where it leaves what it found. */
function search(cwd: string, options: readonly string[]): string {
  execFileSync('spin', [...options, '-a', model], { cwd })
  execFileSync('gcc', ['-O2', '-DSAFETY', '-DCOLLAPSE', '-DBFS', '-o', 'pan', 'pan.c'], { cwd })
  return execFileSync(join(cwd, 'pan'), ['-E', '-w24'], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
}

/** What the world did in a run of the model, and the renewers where the world sees them. */
function movesOf(cwd: string, options: readonly string[]): string[] {
  const printed = execFileSync('spin', [...options, model], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  return Array.from(printed.matchAll(/MOVE ([a-z]+(?: \d)?)/g), ([, move = '']) => move)
}

test('in every order of steps nothing is lost but what no program can save', (t) => {
  const found = search(temporaryDirectory(t), [])
  t.diagnostic(/\d+ states, stored/.exec(found)?.[0] ?? found)
  assert.match(found, /errors: 0/)
  assert.doesNotMatch(found, /Search not completed/)
})

describe('a program is found out, and ours does better with the same moves,', () => {
  for (const [mutant, what] of Object.entries(mutants)) {
    test(`where ${what}`, async (t) => {
      const directory = temporaryDirectory(t)
      const options = [`-D${mutant}`, ...(mutant === 'LATE_WINS' ? [] : [withoutSignIn])]
      assert.match(search(directory, options), /assertion violated/)
      const moves = movesOf(directory, [...options, '-k', join(directory, 'rotation.pml.trail')])
      t.diagnostic(moves.join(', '))
      await playTrace(directory, moves)
    })
  }
})

test('what the model does by chance, the renewers do: nothing is lost', async (t) => {
  const limits = ['REFRESHES=12', 'KILLS=8', 'FILLS=8', 'STOPS=3'].map((limit) => `-DMAX_${limit}`)
  const sum = { refreshes: 0, signIns: 0 }
  for (let seed = 1; seed <= traces; seed++) {
    const directory = temporaryDirectory(t)
    const moves = movesOf(directory, [
      '-DTRACES',
      withoutSignIn,
      ...limits,
      '-T',
      `-n${seed}`,
      '-u6000',
    ])
    const { refreshes, signIns } = await playTrace(directory, moves)
    sum.refreshes += refreshes
    sum.signIns += signIns
  }
  t.diagnostic(`${traces} traces, ${sum.refreshes} refreshes, ${sum.signIns} sign-ins`)
  assert.ok(sum.refreshes > 5 * traces)
})
