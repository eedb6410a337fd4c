import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isoTime } from '../../src/schedule/iso-time.ts'

test('a moment is written as toISOString() writes it', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => {
      assert.equal(isoTime(date.getTime()), date.toISOString())
    }),
  )
})

test('the present is the default, and what is not a moment is refused', () => {
  assert.ok(Math.abs(Date.parse(isoTime()) - Date.now()) < 60_000)
  for (const bad of [Number.NaN, Infinity, 8.64e15 + 1]) {
    assert.throws(() => isoTime(bad), RangeError)
  }
})
