import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AcceptedIds, mostIds } from '../../../src/outbox/queue/accepted-ids.ts'

function fill(accepted: AcceptedIds, count: number, name: string): void {
  for (let index = 0; index < count; index++) accepted.add(`${name}${index}`, `id-${name}${index}`)
}

test('of what is gone the oldest are forgotten, where there are too many', () => {
  const accepted = new AcceptedIds(() => false)
  fill(accepted, mostIds + 1, 'a')
  assert.equal(accepted.find('a0'), undefined)
  assert.equal(accepted.find('a1'), 'id-a1')
  accepted.add('a1', 'id-a1')
  fill(accepted, 1, 'b')
  assert.deepEqual([accepted.find('a1'), accepted.find('a2')], ['id-a1', undefined])
})

test('what waits is not forgotten, however many come after it, nor what is in a digest that waits', () => {
  const queued = new Set<string>(['digest'])
  const accepted = new AcceptedIds((id) => queued.has(id))
  for (let index = 0; index < 500; index++) {
    queued.add(`id-w${index}`)
    accepted.add(`w${index}`, `id-w${index}`)
    accepted.add(`h${index}`, `id-h${index}`, 'digest')
  }
  fill(accepted, 3 * mostIds, 'a')
  for (let index = 0; index < 500; index++) {
    assert.equal(accepted.find(`w${index}`), `id-w${index}`)
    assert.equal(accepted.find(`h${index}`), `id-h${index}`)
  }
  assert.equal(accepted.find('a0'), undefined)
  assert.equal(accepted.find(`a${3 * mostIds - 1}`), `id-a${3 * mostIds - 1}`)
  queued.clear()
  fill(accepted, 2 * mostIds, 'b')
  assert.deepEqual([accepted.find('w0'), accepted.find('h0')], [undefined, undefined])
})

test('a queue that is longer than what is remembered is known whole', () => {
  const accepted = new AcceptedIds(() => true)
  fill(accepted, 4 * mostIds, 'a')
  for (let index = 0; index < 4 * mostIds; index++) {
    assert.equal(accepted.find(`a${index}`), `id-a${index}`)
  }
})

test('one that is added takes the same time, however many are in the queue', () => {
  let lookups = 0
  const accepted = new AcceptedIds(() => {
    lookups += 1
    return true
  })
  fill(accepted, 2 * mostIds, 'a')
  lookups = 0
  fill(accepted, mostIds, 'b')
  assert.ok(lookups <= 5 * mostIds, `${lookups / mostIds} lookups for each`)
})
