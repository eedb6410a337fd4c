import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Queue, type QueueEntry } from '../../../src/outbox/queue/queue.ts'
import { entryId } from '../../../src/outbox/spool/entry-id.ts'

const alice = { uid: 1000, login: 'alice' }
const printer = { uid: 0, login: 'printer' }

function entryOf(at: number, owner: typeof alice, size: number): QueueEntry {
  return {
    ...owner,
    id: entryId(at, '0123456789ab'),
    at,
    recipients: ['me@example.org'],
    subject: 'disk full',
    size,
    state: 'waiting',
    tries: 0,
    triedMs: 0,
    sinceMs: 0,
    failuresInARow: 0,
    uncertainTries: 0,
    notBeforeMs: 0,
  }
}

test('what a caller has in the queue is all that waits and was abandoned, once, and no notice', () => {
  const queue = new Queue()
  const used = () => [alice, printer].map((owner) => Object.values(queue.usedBy(owner)).join())
  assert.deepEqual(used(), ['0,0', '0,0'])
  const first = entryOf(1, alice, 100)
  queue.add(first)
  queue.add(entryOf(2, alice, 50))
  queue.add(entryOf(3, printer, 7))
  queue.add({ ...entryOf(4, alice, 1_000), id: entryId(4, '0123456789ab', 'notice') })
  assert.deepEqual(used(), ['2,150', '1,7'])
  queue.add({ ...first, state: 'failed' })
  queue.add({ ...first, state: 'failed', size: 90 })
  assert.deepEqual(used(), ['2,140', '1,7'])
  for (const { id } of Array.from(queue.all())) {
    queue.remove(id)
    queue.remove(id)
  }
  assert.deepEqual(used(), ['0,0', '0,0'])
  assert.equal(queue.size, 0)
})

test('one that fails again and again lets others go ahead, until that is forgiven', () => {
  const queue = new Queue()
  const [first, second] = [entryOf(1, alice, 1), entryOf(2, alice, 1)]
  for (const entry of [first, second]) queue.add(entry)
  assert.equal(queue.next(10), first)
  first.failuresInARow = 5
  assert.equal(queue.next(10), second)
  queue.forgive()
  assert.equal(queue.next(10), first)
})
