import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { openEnvelope, sealEnvelope } from '../../src/sealing/envelope.ts'
import { sealAgain } from '../../src/sealing/seal-again.ts'

const user = 'user@example.com'
const [from, to, other] = ['a', 'b', 'c'].map((id) => ({
  bytes: randomBytes(32),
  id: id.repeat(16),
})) as [Key, Key, Key]
type Key = { bytes: Buffer; id: string }
const number = Buffer.from([1])
const record = (key: Key) =>
  sealEnvelope({ user, kind: 'token', associated: number }, Buffer.from('secret'), key)

test('what one key has sealed is sealed with the other, with all that it belongs to', () => {
  const again = sealAgain(record(from), 'token', { from, to }, number)
  assert.ok(typeof again === 'object' && 'sealed' in again)
  const opened = openEnvelope({ user, kind: 'token', associated: number }, again.sealed, to)
  assert.deepEqual(opened, { plaintext: Buffer.from('secret') })
  assert.equal(sealAgain(again.sealed, 'token', { from, to }, number), 'kept')
})

const newer = record(from)
newer[4] = 2
for (const [what, bytes, kind, associated, defect] of [
  ['another key', record(other), 'token', number, 'it is sealed with another key'],
  ['another kind', record(from), 'grant', number, 'it is a record of another kind'],
  ['another number', record(from), 'token', Buffer.of(), 'its content was changed'],
  ['a newer format', newer, 'token', number, 'a newer cms-oauth wrote it'],
  ['something else', Buffer.from('hello'), 'token', number, 'it is not a sealed record'],
  ['a changed one that is sealed already', flipped(), 'token', number, 'its content was changed'],
] as const) {
  test(`${what} is left alone`, () => {
    assert.deepEqual(sealAgain(bytes, kind, { from, to }, associated), { defect })
  })
}

function flipped(): Buffer {
  const bytes = record(to)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return bytes
}
