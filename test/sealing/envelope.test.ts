import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { keyIdOf, openEnvelope, sealEnvelope } from '../../src/sealing/envelope.ts'
import type { MasterKey } from '../../src/sealing/master-key.ts'

const key: MasterKey = { bytes: Buffer.alloc(32, 1), id: '0123456789abcdef' }
const otherKey: MasterKey = { bytes: Buffer.alloc(32, 2), id: 'fedcba9876543210' }
const user = 'user@example.com'
const plaintext = Buffer.from('canary')

test('what was sealed opens again, for any address and any bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array(), (address, bytes) => {
      const opened = openEnvelope(
        { user: address },
        sealEnvelope({ user: address }, Buffer.from(bytes), key),
        key,
      )
      assert.deepEqual(opened, { plaintext: Buffer.from(bytes) })
    }),
  )
})

test('the record is laid out as the file says', () => {
  const sealed = sealEnvelope({ user }, plaintext, key)
  const header = Buffer.concat([
    Buffer.from('CMSO\u0001\u0001'),
    Buffer.from(key.id, 'hex'),
    Buffer.of(0, user.length),
    Buffer.from(user),
  ])
  assert.deepEqual(sealed.subarray(0, header.length), header)
  assert.equal(sealed.length, header.length + 12 + plaintext.length + 16)
  assert.ok(!sealed.includes(plaintext))
})

test('two sealings of the same bytes have nothing but the header in common', () => {
  const [one, two] = [
    sealEnvelope({ user }, plaintext, key),
    sealEnvelope({ user }, plaintext, key),
  ]
  const nonce = 4 + 2 + 8 + 2 + user.length
  assert.deepEqual(one.subarray(0, nonce), two.subarray(0, nonce))
  assert.notDeepEqual(one.subarray(nonce, nonce + 12), two.subarray(nonce, nonce + 12))
})

test('a record with any one bit flipped does not open', () => {
  const sealed = sealEnvelope({ user }, plaintext, key)
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const flipped = Buffer.from(sealed)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.ok('defect' in openEnvelope({ user }, flipped, key), `bit ${bit}`)
  }
})

test('a record cut short anywhere does not open', () => {
  const sealed = sealEnvelope({ user }, plaintext, key)
  for (let length = 0; length < sealed.length; length++) {
    assert.ok(
      'defect' in openEnvelope({ user }, sealed.subarray(0, length), key),
      `${length} bytes`,
    )
  }
})

test('what is wrong with a record is said in words', () => {
  const sealed = sealEnvelope({ user }, plaintext, key)
  const newer = Buffer.from(sealed)
  newer[4] = 2
  const changed = Buffer.from(sealed)
  changed[sealed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  const defects: [Buffer, string][] = [
    [sealEnvelope({ user: 'other@example.com' }, plaintext, key), 'it belongs to another account'],
    [sealEnvelope({ user }, plaintext, otherKey), 'it is sealed with another key'],
    [newer, 'a newer cms-oauth wrote it'],
    [changed, 'its content was changed'],
    [sealed.subarray(0, 40), 'it is truncated'],
    [sealEnvelope({ user, kind: 'unconfirmed' }, plaintext, key), 'it is a record of another kind'],
    [Buffer.from('-----BEGIN'), 'it is not a sealed record'],
  ]
  for (const [bytes, defect] of defects)
    assert.deepEqual(openEnvelope({ user }, bytes, key), { defect })
})

test('only a version above the present one is said to be of a newer cms-oauth', () => {
  const defectOf = (version: number, kind: number) => {
    const sealed = sealEnvelope({ user }, plaintext, key)
    sealed[4] = version
    sealed[5] = kind
    const opened = openEnvelope({ user }, sealed, key)
    return 'defect' in opened ? opened.defect : 'none'
  }
  const newer = 'a newer cms-oauth wrote it'
  const none = 'it is not a sealed record'
  for (const [version, kind, defect] of [
    [0, 1, none],
    [1, 0, none],
    [1, 1, 'none'],
    [1, 2, 'it is a record of another kind'],
    [1, 3, 'it is a record of another kind'],
    [1, 4, 'it is a record of another kind'],
    [1, 5, none],
    [1, 255, none],
    [2, 1, newer],
    [2, 4, newer],
    [255, 1, newer],
  ] as const)
    assert.equal(defectOf(version, kind), defect, `version ${version}, kind ${kind}`)
  const short = sealEnvelope({ user }, plaintext, key).subarray(0, 10)
  assert.deepEqual(openEnvelope({ user }, short, key), { defect: none })
  assert.deepEqual(openEnvelope({ user }, Buffer.from('CMSO'), key), { defect: none })
})

test('a record of one kind never opens as one of another', () => {
  const kinds = ['grant', 'unconfirmed', 'token', 'failure'] as const
  for (const [byte, sealedAs] of kinds.entries()) {
    for (const openedAs of kinds.filter((kind) => kind !== sealedAs)) {
      const sealed = sealEnvelope({ user, kind: sealedAs }, plaintext, key)
      assert.equal(sealed[5], byte + 1)
      assert.deepEqual(openEnvelope({ user, kind: sealedAs }, sealed, key), { plaintext })
      assert.ok('defect' in openEnvelope({ user, kind: openedAs }, sealed, key))
      sealed[5] = kinds.indexOf(openedAs) + 1
      const changed = openEnvelope({ user, kind: openedAs }, sealed, key)
      assert.deepEqual(changed, { defect: 'its content was changed' })
      assert.equal(keyIdOf(sealed), key.id)
    }
  }
})

test('a record opens only with what was associated with it, which is not in it', () => {
  const [number, other] = [Buffer.from('00000007', 'hex'), Buffer.from('00000008', 'hex')]
  const sealed = sealEnvelope({ user, associated: number }, plaintext, key)
  assert.equal(sealed.length, sealEnvelope({ user }, plaintext, key).length)
  assert.deepEqual(openEnvelope({ user, associated: number }, sealed, key), { plaintext })
  for (const wrong of [other, Buffer.of(), Buffer.of(0)]) {
    const opened = openEnvelope({ user, associated: wrong }, sealed, key)
    assert.deepEqual(opened, { defect: 'its content was changed' })
  }
})

test('a record names the key it is sealed with', () => {
  const sealed = sealEnvelope({ user }, plaintext, key)
  assert.equal(keyIdOf(sealed), key.id)
  assert.equal(keyIdOf(sealed.subarray(0, 15)), undefined)
  assert.equal(keyIdOf(Buffer.from('something else entirely')), undefined)
})
