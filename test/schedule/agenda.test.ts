import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agenda } from '../../src/schedule/agenda.ts'

function takeAll<T>(agenda: Agenda<T>, bootMs: number): T[] {
  const taken: T[] = []
  for (let item = agenda.takeDue(bootMs); item !== undefined; item = agenda.takeDue(bootMs)) {
    taken.push(item)
  }
  return taken
}

test('items come out in the order in which they are due, and none before', () => {
  const agenda = new Agenda<number>()
  const moments = Array.from({ length: 1_000 }, (_, index) => (index * 7_919) % 1_009)
  for (const moment of moments) agenda.put(moment, moment)
  const sorted = [...new Set(moments)].toSorted((a, b) => a - b)
  assert.equal(agenda.nextBootMs, sorted[0])
  assert.deepEqual(
    takeAll(agenda, 500),
    sorted.filter((moment) => moment <= 500),
  )
  assert.deepEqual(
    takeAll(agenda, 2_000),
    sorted.filter((moment) => moment > 500),
  )
  assert.equal(agenda.nextBootMs, undefined)
  assert.equal(agenda.takeDue(9_999), undefined)
})

test('an item is due once, at the moment that was noted last', () => {
  const agenda = new Agenda<string>()
  for (const bootMs of [50, 10, 70]) agenda.put('moved', bootMs)
  agenda.put('other', 60)
  assert.equal(agenda.nextBootMs, 60)
  assert.equal(agenda.takeDue(59), undefined)
  assert.deepEqual(takeAll(agenda, 100), ['other', 'moved'])
  agenda.put('moved', 5)
  assert.deepEqual(takeAll(agenda, 5), ['moved'])
})

test('what was removed is never due, and may be noted again', () => {
  const agenda = new Agenda<string>()
  agenda.put('a', 1)
  agenda.put('b', 2)
  agenda.remove('a')
  agenda.remove('unknown')
  assert.equal(agenda.nextBootMs, 2)
  agenda.put('a', 3)
  assert.deepEqual(takeAll(agenda, 3), ['b', 'a'])
})
