/** Many items, and whoever else needs the event loop. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mapInTurns } from '../../src/schedule/in-turns.ts'

test('what comes is made of each item, in order', async () => {
  const items = Array.from({ length: 1_000 }, (_, index) => index)
  assert.deepEqual(
    await mapInTurns(items, (item) => item * 2),
    items.map((item) => item * 2),
  )
  assert.deepEqual(await mapInTurns([], String), [])
})

test('others have their turn after every 200 items', async () => {
  const world = { made: 0, isDone: false }
  const making = mapInTurns(Array<number>(1_000).fill(1), () => ++world.made)
  const ended = making.then(() => (world.isDone = true))
  const seen: number[] = []
  while (!world.isDone) {
    seen.push(world.made)
    await new Promise(setImmediate)
  }
  await ended
  assert.deepEqual([...new Set(seen)], [200, 400, 600, 800, 1_000])
})

test('an error of one item ends the rest', async () => {
  let made = 0
  const failing = mapInTurns(Array<number>(1_000).fill(1), () => {
    if (++made === 300) throw new RangeError('no')
  })
  await assert.rejects(failing, RangeError)
  assert.equal(made, 300)
})
