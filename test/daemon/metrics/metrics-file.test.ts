import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MetricsFile } from '../../../src/daemon/metrics/metrics-file.ts'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'
import { assertAdvice } from '../../support/golden.ts'
import { ListLog } from '../socket/token-socket.ts'

const hourMs = 3_600_000

/** A file that is written soon after a change, and otherwise as seldom as the test says. */
function prepare(t: TestContext, { everyMs = hourMs, soonMs = 1 } = {}) {
  const directory = temporaryDirectory(t)
  const log = new ListLog()
  const run = { text: 'first\n', written: 0 }
  const file = new MetricsFile({
    pieces: function* () {
      run.written++
      yield run.text.slice(0, 3)
      yield run.text.slice(3)
    },
    log,
    everyMs,
    soonMs,
  })
  t.after(() => file.stop())
  return { directory, path: join(directory, 'x.prom'), file, log, run }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1))
}

const holds = (path: string, text: string) => () =>
  existsSync(path) && readFileSync(path, 'utf8') === text

test('the file is whole, for everybody to read, and nothing is left beside it', async (t) => {
  const { directory, path, file } = prepare(t)
  const umask = process.umask(0o077)
  t.after(() => process.umask(umask))
  file.follow({ labels: 'id', textfile: path })
  await until(holds(path, 'first\n'))
  assert.equal(statSync(path).mode & 0o777, 0o644)
  assert.deepEqual(readdirSync(directory), ['x.prom'])
})

test('it is replaced soon after a change, and otherwise from time to time', async (t) => {
  const { path, file, run } = prepare(t)
  file.follow({ labels: 'id', textfile: path })
  await until(holds(path, 'first\n'))
  run.text = 'second\n'
  file.noteChange()
  await until(holds(path, 'second\n'))

  const often = prepare(t, { everyMs: 1 })
  often.file.follow({ labels: 'id', textfile: often.path })
  await until(() => often.run.written > 2)
})

test('a thousand changes are written once', async (t) => {
  const { path, file, run } = prepare(t)
  file.follow({ labels: 'id', textfile: path })
  await until(holds(path, 'first\n'))
  run.text = 'second\n'
  for (let change = 0; change < 1_000; change++) file.noteChange()
  await until(holds(path, 'second\n'))
  assert.equal(run.written, 2)
})

test('a configuration without the file removes it, and one with another moves it', async (t) => {
  const { directory, path, file } = prepare(t)
  file.follow({ labels: 'id', textfile: path })
  await until(holds(path, 'first\n'))
  const other = join(directory, 'other.prom')
  file.follow({ labels: 'id', textfile: other })
  await until(holds(other, 'first\n'))
  assert.deepEqual(readdirSync(directory), ['other.prom'])
  file.follow({ labels: 'id' })
  assert.deepEqual(readdirSync(directory), [])
})

test('a daemon that stops leaves the file, whose age then tells that it is gone', async (t) => {
  const { path, file, run } = prepare(t, { everyMs: 1 })
  file.follow({ labels: 'id', textfile: path })
  await until(holds(path, 'first\n'))
  file.stop()
  const { written } = run
  file.noteChange()
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  assert.ok(existsSync(path))
  assert.equal(run.written, written)
})

test('what a writer left behind that was killed is removed', async (t) => {
  const { directory, path, file } = prepare(t)
  const start = createHash('sha256').update('x.prom').digest('hex').slice(0, 16)
  writeFileSync(join(directory, `.${start}.0123456789abcdef.tmp`), 'half of')
  file.follow({ labels: 'id', textfile: path })
  await until(holds(path, 'first\n'))
  assert.deepEqual(readdirSync(directory), ['x.prom'])
})

test('what cannot be written is logged once, with the next step, until it can', async (t) => {
  const { directory, file, log, run } = prepare(t, { everyMs: 1 })
  const folder = join(directory, 'later')
  const path = join(folder, 'x.prom')
  file.follow({ labels: 'id', textfile: path })
  await until(() => run.written > 3)
  const [line, ...more] = log.lines
  assert.deepEqual([line?.event, more], ['metrics.file_failed', []])
  const { message = '', hint = '' } = line?.fields ?? {}
  assertAdvice({ message, hint }, 'a metrics file without its directory', { path, folder })
  mkdirSync(folder)
  await until(holds(path, 'first\n'))
  rmSync(folder, { recursive: true })
  writeFileSync(folder, '')
  await until(() => log.lines.length === 2)
})
