import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Places } from '../../src/bridge/places.ts'
import { expectedError } from '../support/golden.ts'

test('so many are taken at a time, and a place that is given back is taken by who waits longest', async () => {
  const places = new Places()
  const release = await places.take('a', { limit: 1, waitMs: 1_000 })
  const order: string[] = []
  const waiting = ['first', 'second'].map(async (name) => {
    const give = await places.take('a', { limit: 1, waitMs: 10_000 })
    order.push(name)
    give()
  })
  assert.equal(places.tryTake('a', 1), undefined)
  assert.notEqual(places.tryTake('b', 1), undefined)
  release()
  release()
  await Promise.all(waiting)
  assert.deepEqual(order, ['first', 'second'])
  assert.notEqual(places.tryTake('a', 1), undefined)
})

test('none that gets free in time is temporary, and names the limit', async () => {
  const places = new Places()
  places.tryTake('a', 2)
  places.tryTake('a', 2)
  await assert.rejects(
    places.take('a', { limit: 2, waitMs: 1 }),
    expectedError('provider_unavailable', 'no place', { limit: 2, key: '"connections"' }),
  )
})

test('what other processes have open counts, and who waits comes in when they close it', async () => {
  const told: [string, number][][] = []
  const places = new Places((taken) => told.push([...taken]))
  places.setElsewhere(new Map([['a', 2]]))
  assert.equal(places.tryTake('a', 2), undefined)
  assert.notEqual(places.tryTake('b', 2), undefined)
  const both = ['first', 'second'].map(() => places.take('a', { limit: 2, waitMs: 10_000 }))
  places.setElsewhere(new Map())
  const [release] = await Promise.all(both)
  release?.()
  assert.deepEqual(told.at(-1), [
    ['b', 1],
    ['a', 1],
  ])
})

test('who has gone does not take a place', async () => {
  const places = new Places()
  const release = places.tryTake('a', 1)
  const gone = new AbortController()
  const waiting = places.take('a', { limit: 1, waitMs: 10_000, signal: gone.signal })
  gone.abort()
  await assert.rejects(waiting, { code: 'provider_unavailable' })
  release?.()
  assert.notEqual(places.tryTake('a', 1), undefined)
})

test('who was gone before it asked waits for nothing', async () => {
  const places = new Places()
  const release = places.tryTake('a', 1)
  const signal = AbortSignal.abort()
  const late = places.take('a', { limit: 1, waitMs: 60_000, signal })
  await assert.rejects(late, { code: 'provider_unavailable' })
  release?.()
  await assert.rejects(places.take('a', { limit: 1, waitMs: 60_000, signal }))
  assert.notEqual(places.tryTake('a', 1), undefined)
})
