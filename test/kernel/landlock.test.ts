/** The structures that Landlock is called with, by landlock(7) and linux/landlock.h; see test/child-process/confine.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handledRights, pathBeneath, rulesetAttributes } from '../../src/kernel/landlock.ts'

/** By version: the rights on files that it knows, and the fields that its structure has. */
const versions = [
  { version: 2, rights: 14, fields: [] },
  { version: 3, rights: 15, fields: [] },
  { version: 4, rights: 15, fields: [1n] },
  { version: 5, rights: 16, fields: [1n] },
  { version: 6, rights: 16, fields: [1n, 3n] },
  { version: 7, rights: 16, fields: [1n, 3n] },
  { version: 99, rights: 16, fields: [1n, 3n] },
]

for (const { version, rights, fields } of versions) {
  test(`of version ${version} only what it knows is asked for`, () => {
    const handled = BigInt(2 ** rights - 1)
    assert.equal(handledRights(version), handled)
    assert.deepEqual([...rulesetAttributes(version, false)], [handled, ...fields])
  })
}

test('whoever starts programs reaches abstract sockets, and signals nobody outside either', () => {
  assert.deepEqual([...rulesetAttributes(6, true)].slice(1), [1n, 2n])
})

test('a rule is eight bytes of rights and four of a descriptor, packed', () => {
  assert.equal(
    pathBeneath(0x0102_0304_0506_0708n, 0x11).toString('hex'),
    '080706050403020111000000',
  )
})
