/** The one refresh of an account that counts, and those who wait for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AttemptSlot } from '../../../src/daemon/tokens/attempt-slot.ts'

test('an attempt is awaited as long as somebody waits, however that ends', async () => {
  const slot = new AttemptSlot()
  const { attempt } = slot.open(false)
  const [one, other] = [slot.waitFor(attempt, 1), slot.waitFor(attempt, 60_000)]
  assert.equal(slot.isAwaited, true)
  await one
  assert.equal(slot.isAwaited, true)
  slot.close(attempt)
  await other
  assert.equal(slot.isAwaited, false)
})

test('who asked for a refresh by name outlasts what supersedes it, too', async () => {
  const slot = new AttemptSlot()
  const { attempt: old } = slot.open(true)
  const outlasted: string[] = []
  const waiting = slot.outlast(old).then(() => outlasted.push('all'))
  slot.supersede()
  const { attempt: next, isNew } = slot.open(false)
  assert.equal(isNew, true)
  await new Promise(setImmediate)
  assert.deepEqual(outlasted, [])
  slot.close(next)
  await waiting
  assert.deepEqual(outlasted, ['all'])
})
