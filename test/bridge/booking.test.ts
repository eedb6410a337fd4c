import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Booking } from '../../src/bridge/booking.ts'
import { Newcomers } from '../../src/bridge/newcomers.ts'
import { ConnectionBudget } from '../../src/kernel/connection-budget.ts'

/** A bridge with room for so many descriptors; whoever has to give way is named in `closed`. */
function bridgeWith(room: number) {
  const budget = new ConnectionBudget(room)
  const newcomers = new Newcomers()
  const closed: string[] = []
  const connect = (name: string, origin = 'uid 1') =>
    new Booking({ budget, newcomers, origin, turnAway: () => closed.push(name) })
  /** How many descriptors are free, by an origin that has none and takes one after the other. */
  const free = () => {
    let count = 0
    while (budget.take(`free ${count}`)) count++
    for (let each = 0; each < count; each++) budget.release(`free ${each}`)
    return count
  }
  return { connect, closed, free }
}

test('who is silent takes one descriptor, who logs in two, and all are given back', () => {
  const { connect, free } = bridgeWith(100)
  const silent = connect('silent')
  const honest = connect('honest')
  assert.ok(silent.begin())
  assert.ok(honest.begin())
  assert.equal(free(), 98)
  assert.ok(honest.beginLogin())
  assert.equal(free(), 97)
  honest.abandonLogin()
  assert.equal(free(), 98)
  assert.ok(honest.beginLogin())
  for (const each of [honest, silent, honest]) each.end()
  assert.equal(free(), 100)
})

test('a newcomer gives way to the next of its origin, and to the login of one, whoever else is there', () => {
  const { connect, closed, free } = bridgeWith(10)
  const names = Array.from({ length: 8 }, (_, index) => `silent ${index}`)
  for (const name of names) assert.ok(connect(name).begin())
  // Another origin takes of what is left: the first one has more than its share, and still its turn.
  assert.ok(connect('another', 'uid 2').begin())
  const honest = connect('honest')
  assert.ok(honest.begin())
  assert.ok(honest.beginLogin())
  assert.deepEqual(closed, ['silent 0', 'silent 1'])
  assert.equal(free(), 1)
  const last = connect('last')
  for (let each = 0; each < 6; each++) assert.ok(connect(`more ${each}`).begin())
  assert.ok(last.begin())
  assert.ok(!closed.includes('honest'))
})

test('where an origin has only logins, there is no room for one more', () => {
  const { connect, closed } = bridgeWith(5)
  for (const name of ['one', 'two']) {
    const each = connect(name)
    assert.ok(each.begin())
    assert.ok(each.beginLogin())
  }
  assert.ok(!connect('three').begin())
  const other = connect('four', 'uid 2')
  assert.ok(other.begin())
  assert.ok(!other.beginLogin(), 'nothing is left for its way to the server')
  assert.deepEqual(closed, [])
})

test('a login that begins or fails when the client is gone holds nothing', () => {
  const { connect, free } = bridgeWith(10)
  const gone = connect('gone')
  assert.ok(gone.begin())
  gone.end()
  assert.ok(gone.beginLogin())
  gone.abandonLogin()
  assert.equal(free(), 10)
})
