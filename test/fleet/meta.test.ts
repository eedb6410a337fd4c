import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFleetRecord } from '../../src/fleet/fleet-records.ts'
import { fleetFormat, metaOf, requireKeys, requireOurFormat } from '../../src/fleet/meta.ts'
import { assertError } from '../support/golden.ts'

const place = '"/fleet/" at "https://etcd1:2379"'
const keys = { grantKeyId: 'a'.repeat(16), tokenKeyId: 'b'.repeat(16) }
const written = encodeFleetRecord(metaOf(keys))

test('a host that has the keys of the store is let in, with or without that of grants', () => {
  assert.equal(requireKeys(written, keys, place).format, fleetFormat)
  assert.equal(requireKeys(written, { tokenKeyId: keys.tokenKeyId }, place).format, fleetFormat)
})

for (const [what, value, ids] of [
  ['another store key', written, { ...keys, grantKeyId: 'c'.repeat(16) }],
  ['another token key', written, { ...keys, tokenKeyId: 'c'.repeat(16) }],
  ['a record of something else', Buffer.from('hello'), keys],
  ['a store without its record', undefined, keys],
] as const) {
  test(`${what} is named`, () => {
    assert.throws(
      () => requireKeys(value, ids, place),
      (error) => {
        assertError(error, 'store_unreadable', what, { place })
        return true
      },
    )
  })
}

test('a newer format is read, and left to newer hosts', () => {
  const newer = encodeFleetRecord({ ...metaOf(keys), format: fleetFormat + 1, more: true })
  const meta = requireKeys(newer, keys, place)
  assert.throws(
    () => requireOurFormat(meta, place),
    (error) => {
      assertError(error, 'store_unreadable', 'a newer format', { place })
      return true
    },
  )
  requireOurFormat(metaOf(keys), place)
})
