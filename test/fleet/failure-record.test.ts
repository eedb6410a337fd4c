import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Failure, openFailure, sealFailure } from '../../src/fleet/failure-record.ts'
import { encodeFleetRecord, numberBytes } from '../../src/fleet/fleet-records.ts'
import { sealEnvelope } from '../../src/sealing/envelope.ts'

const key = { bytes: Buffer.alloc(32, 3), id: '0123456789abcdef' }
const user = 'alice@example.com'
const failure: Failure = {
  n: 7,
  until: 9,
  error: {
    error: 'sign_in_required',
    error_description: 'refused',
    hint: 'sign in',
    actor: 'you',
    answer: { status: 400, error: 'invalid_grant' },
    retry_after_ms: 1_000,
  },
}

test('a failure opens with its key, for its account and by its number only', () => {
  const value = sealFailure(user, failure, key)
  assert.deepEqual(openFailure(user, value, key), failure)
  assert.equal(openFailure('bob@example.com', value, key), undefined)
  assert.equal(openFailure(user, value, { ...key, bytes: Buffer.alloc(32) }), undefined)
  const other = Buffer.from(value.toString('latin1').replace('"n":7', '"n":8'), 'latin1')
  assert.equal(openFailure(user, other, key), undefined)
})

const { error } = failure
const sealed = (fields: object) => {
  const plaintext = Buffer.from(JSON.stringify(fields))
  const bytes = sealEnvelope({ user, kind: 'failure', associated: numberBytes(7) }, plaintext, key)
  return encodeFleetRecord({ n: 7, until: 9 }, bytes)
}

for (const [what, value] of [
  ['in clear', encodeFleetRecord(failure)],
  ['in clear, before what is not sealed', encodeFleetRecord(failure, Buffer.from('sealed'))],
  ['nothing', Buffer.of()],
  ['of a code that is not known', sealed({ until: 9, error: { ...error, error: 'toString' } })],
  ['of an actor that is not known', sealed({ until: 9, error: { ...error, actor: 'evil' } })],
  ['with words that are not text', sealed({ until: 9, error: { ...error, hint: 7 } })],
  ['with another answer', sealed({ until: 9, error: { ...error, answer: { status: 'x' } } })],
  ['without its end', sealed({ error })],
] as const) {
  test(`a failure is none: ${what}`, () => {
    assert.equal(openFailure(user, value, key), undefined)
  })
}
