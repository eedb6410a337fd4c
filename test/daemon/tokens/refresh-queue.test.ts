import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RefreshQueue } from '../../../src/daemon/tokens/refresh-queue.ts'

function createRuns() {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const start = (name: string) => () => {
    started.push(name)
    return new Promise<void>((resolve) => ends.set(name, resolve))
  }
  return { started, start, end: (name: string) => ends.get(name)?.() }
}

test('at most eight refreshes run at a time per issuer, and the next starts when one ends', async () => {
  const queue = new RefreshQueue()
  const { started, start, end } = createRuns()
  for (let index = 0; index < 10; index++) queue.add('a', start(`a${index}`), () => false)
  queue.add('b', start('b0'), () => false)
  assert.deepEqual(started, ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'b0'])
  end('a3')
  await new Promise(setImmediate)
  assert.equal(started.at(-1), 'a8')
  assert.equal(started.length, 10)
})

test('a refresh that somebody waits for overtakes those that nobody waits for', async () => {
  const queue = new RefreshQueue()
  const { started, start, end } = createRuns()
  for (let index = 0; index < 9; index++) queue.add('a', start(`a${index}`), () => false)
  queue.add('a', start('awaited'), () => true)
  end('a0')
  await new Promise(setImmediate)
  assert.equal(started.at(-1), 'awaited')
})

test('of those that somebody waits for, the first goes first, also if it was queued without', async () => {
  const queue = new RefreshQueue()
  const { started, start, end } = createRuns()
  const awaited = new Set<string>()
  const hurries = new Map<string, () => void>()
  for (let index = 0; index < 12; index++) {
    const name = `a${index}`
    hurries.set(
      name,
      queue.add('a', start(name), () => awaited.has(name)),
    )
  }
  for (const name of ['a11', 'a9', 'a11']) {
    awaited.add(name)
    hurries.get(name)?.()
  }
  for (const [running, next] of [
    ['a0', 'a11'],
    ['a1', 'a9'],
    ['a2', 'a8'],
    ['a3', 'a10'],
  ] as const) {
    end(running)
    await new Promise(setImmediate)
    assert.equal(started.at(-1), next)
  }
  assert.equal(started.length, 12)
})

test('who gave up waiting overtakes nobody, until waiting again', async () => {
  const queue = new RefreshQueue()
  const { started, start, end } = createRuns()
  let isAwaited = true
  for (let index = 0; index < 8; index++) queue.add('a', start(`a${index}`), () => false)
  for (const name of ['b', 'c', 'd']) queue.add('a', start(name), () => false)
  const hurry = queue.add('a', start('impatient'), () => isAwaited)
  isAwaited = false
  end('a0')
  await new Promise(setImmediate)
  assert.equal(started.at(-1), 'b')
  isAwaited = true
  hurry()
  end('a1')
  await new Promise(setImmediate)
  assert.equal(started.at(-1), 'impatient')
})

test('an issuer whose line was empty is served again', async () => {
  const queue = new RefreshQueue()
  const { started, start, end } = createRuns()
  for (let index = 0; index < 8; index++) queue.add('a', start(`a${index}`), () => false)
  for (let index = 8; index < 10; index++) queue.add('a', start(`a${index}`), () => false)
  for (let index = 0; index < 10; index++) {
    end(`a${index}`)
    await new Promise(setImmediate)
  }
  for (let index = 10; index < 20; index++) queue.add('a', start(`a${index}`), () => false)
  assert.equal(started.length, 18)
})

test('100,000 that wait, each of them for somebody, are started without searching among them', async () => {
  const queue = new RefreshQueue()
  let started = 0
  const begun = process.cpuUsage()
  for (let index = 0; index < 100_000; index++) {
    const start = async () => {
      await Promise.resolve()
      started++
    }
    queue.add('a', start, () => false)()
  }
  for (let before = -1; before < started; await new Promise(setImmediate)) before = started
  assert.equal(started, 100_000)
  const { user } = process.cpuUsage(begun)
  assert.ok(user < 5_000_000, `${user / 1_000} ms`)
})
