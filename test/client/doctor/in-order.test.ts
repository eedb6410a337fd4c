import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inOrder } from '../../../src/client/doctor/in-order.ts'

test('what the first checks find is there while the last ones run', async () => {
  const found: string[] = []
  const release = new AbortController()
  const last = new Promise<string>((resolve) => {
    release.signal.addEventListener('abort', () => resolve('last'))
  })
  for await (const each of inOrder([async () => 'first', () => last, async () => 'after it'])) {
    found.push(each)
    if (each === 'first') release.abort()
  }
  assert.deepEqual(found, ['first', 'last', 'after it'])
})

test('some run at a time, and not all of many', async () => {
  let running = 0
  let most = 0
  const check = async () => {
    most = Math.max(most, ++running)
    await new Promise(setImmediate)
    running--
  }
  for await (const _ of inOrder(Array.from({ length: 100 }, () => check)));
  assert.ok(most > 1 && most <= 8, `${most}`)
})

test('one that fails is heard of when it is its turn', async () => {
  const found: string[] = []
  const all = async () => {
    const checks = [async () => 'first', () => Promise.reject(new Error('x'))]
    for await (const each of inOrder(checks)) found.push(each)
  }
  await assert.rejects(all(), /^Error: x$/)
  assert.deepEqual(found, ['first'])
})
