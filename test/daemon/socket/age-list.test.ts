import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Aged, AgeList } from '../../../src/daemon/socket/age-list.ts'

test('whatever leaves, the oldest of those that are left is the oldest', () => {
  const steps = fc.array(fc.option(fc.nat(20), { nil: undefined }), { maxLength: 100 })
  const property = fc.property(steps, (steps) => {
    const list = new AgeList<Aged>()
    const present: Aged[] = []
    for (const step of steps) {
      const leaving = step === undefined ? [] : present.splice(step, 1)
      for (const thing of leaving) list.remove(thing)
      const coming = step === undefined ? [{}] : []
      for (const thing of coming) list.add(thing)
      present.push(...coming)
      assert.equal(list.oldest, present[0])
      assert.equal(list.size, present.length)
    }
  })
  fc.assert(property)
})
