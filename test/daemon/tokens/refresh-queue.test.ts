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
