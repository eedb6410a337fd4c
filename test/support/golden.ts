/**
 * The sentences that people read are in one golden file per room, test/ROOM/sentences.json, so that
 * wording can change without touching a test. A test holds the code and the named things; after a
 * change of wording `UPDATE_SENTENCES=1 npm test -- test/ROOM` writes what the tests saw, and nothing
 * else. Compare the difference as you would any other change.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync, writeSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What a sentence must name: each value is in the golden file as the name in braces. */
export type Names = Record<string, string | number | undefined>
type Text = string | string[]
type Sentence = Text | { message: string; hint?: string } | { stdout?: Text; stderr?: Text }
type Sentences = Record<string, Record<string, Sentence>>

const tests = join(import.meta.dirname, '..')
const testFile = relative(tests, process.argv[1] ?? '').replace(/\.test\.ts$/, '')
const room = testFile.split('/')[0] ?? ''
const group = testFile.slice(room.length + 1)
const path = join(tests, room, 'sentences.json')
const isUpdate = process.env.UPDATE_SENTENCES === '1'
const isWholeFile = !process.execArgv.some((argument) => argument.startsWith('--test-name-pattern'))

const golden = readSentences()[group] ?? {}
const seen = new Map<string, Sentence>()

/**
 * When the process ends, not in an after-hook: one that throws keeps those after it from running, and a
 * server that they would have closed then held up the file until its limit.
 */
process.once('exit', () => {
  try {
    if (isUpdate) update()
    else if (isWholeFile) requireAllSeen()
  } catch (error) {
    process.exitCode = 1
    writeSync(process.stderr.fd, `${(error as Error).message}\n`)
  }
})

/** Compares a sentence with the golden file, and requires that it names these things. */
export function assertSentence(actual: string | undefined, key: string, names: Names = {}): void {
  assert.ok(actual !== undefined, `there is no sentence for "${key}"`)
  requireNames(actual, names)
  compare(key, inLines(withoutNames(actual, names)))
}

/** Compares what a program printed: its exit status is the test's, both outputs the golden file's. */
export function assertResult(
  { status, stdout, stderr }: { status: number | null; stdout: string; stderr: string },
  expected: number,
  key: string,
  names: Names = {},
): void {
  assert.equal(status, expected, stderr)
  requireNames(stdout + stderr, names)
  const outputs = Object.entries({ stdout, stderr }).filter(([, output]) => output !== '')
  compare(
    key,
    Object.fromEntries(
      outputs.map(([name, output]) => [name, inLines(withoutNames(output, names))]),
    ),
  )
}

/** Compares an error: its code and what it names are the test's, its sentences the golden file's. */
export function assertError(error: unknown, code: string, key: string, names: Names = {}): void {
  const { code: actual, message, hint } = error as Error & { code?: string; hint?: string }
  assert.equal(actual, code, message)
  assertAdvice({ message, ...(hint !== undefined && { hint }) }, key, names)
}

/** Compares a message and its hint, where there is no code. */
export function assertAdvice(
  advice: { message: string; hint?: string } | undefined,
  key: string,
  names: Names = {},
): void {
  assert.ok(advice !== undefined, `there is nothing to be compared for "${key}"`)
  const { message, hint = '' } = advice
  requireNames(`${message}\n${hint}`, names)
  const sentence = { message: withoutNames(message, names), hint: withoutNames(hint, names) }
  compare(key, hint === '' ? { message: sentence.message } : sentence)
}

/** Compares what a check found: its level and what it names are the test's. */
export function assertFinding(
  finding: { level: string; text: string; hint?: string } | undefined,
  level: string,
  key: string,
  names: Names = {},
): void {
  assert.equal(finding?.level, level, finding?.text)
  const { text, hint = '' } = finding
  requireNames(`${text}\n${hint}`, names)
  const message = withoutNames(text, names)
  compare(key, hint === '' ? message : { message, hint: withoutNames(hint, names) })
}

/** `assertError` as assert.throws and assert.rejects take it. */
export function expectedError(
  code: string,
  key: string,
  names: Names = {},
): (error: unknown) => true {
  return (error) => {
    assertError(error, code, key, names)
    return true
  }
}

function requireNames(text: string, names: Names): void {
  const values = Object.values(names).filter((value) => value !== '')
  assert.equal(new Set(values).size, values.length, 'two names have the same value')
  for (const [name, value] of Object.entries(names)) {
    assert.ok(value !== undefined, `there is no ${name} to be named`)
    assert.ok(text.includes(String(value)), `"${text}" does not name ${name}: ${value}`)
  }
}

/** The longest first: one name may be the beginning of another. */
function withoutNames(text: string, names: Names): string {
  const named = Object.entries(names)
    .filter(([, value]) => value !== '')
    .toSorted(([, a], [, b]) => String(b).length - String(a).length)
    .reduce((rest, [name, value]) => rest.replaceAll(String(value), `{${name}}`), text)
  return room === 'system' ? withoutVolatile(named) : named
}

/** What real processes print differs from run to run: a test names what of it matters. */
function withoutVolatile(text: string): string {
  return text
    .replaceAll(/\/tmp\/cms-oauth-\w+/g, '{directory}')
    .replaceAll(join(tests, '..'), '{package}')
    .replaceAll(/\b(localhost|127\.0\.0\.1):\d+/g, '$1:{port}')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '{time}')
    .replaceAll(/\b20\d\d-\d\d-\d\d\b/g, '{day}')
    .replaceAll(/\b(in|within) \d+ (ms|s|min)\b/g, '$1 {n} $2')
    .replaceAll(/\b(pid|process) \d+\b/g, '$1 {pid}')
}

/** Several lines are read as such in the golden file. */
function inLines(text: string): Text {
  const lines = text.split('\n')
  return lines.length > 2 ? lines : text
}

function compare(key: string, sentence: Sentence): void {
  const before = isUpdate ? seen.get(key) : golden[key]
  seen.set(key, sentence)
  if (isUpdate && before === undefined) return
  assert.deepEqual({ [key]: sentence }, { [key]: before })
}

function requireAllSeen(): void {
  const unused = Object.keys(golden).filter((key) => !seen.has(key))
  assert.deepEqual(
    unused,
    [],
    `test/${room}/sentences.json holds what no test of "${group}" asks for`,
  )
}

function readSentences(): Sentences {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Sentences
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** Test files run in processes of their own, several of one room at the same time. */
function update(): void {
  if (seen.size === 0) return
  const lock = `${path}.lock`
  acquire(lock)
  try {
    const all = readSentences()
    const merged = sorted({
      ...all,
      [group]: sorted({ ...all[group], ...Object.fromEntries(seen) }),
    })
    writeFileSync(`${path}.new`, `${JSON.stringify(merged, null, 2)}\n`)
    renameSync(`${path}.new`, path)
  } finally {
    rmdirSync(lock)
  }
}

function acquire(lock: string): void {
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(lock)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === 1_000) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
