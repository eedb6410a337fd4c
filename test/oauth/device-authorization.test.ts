import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDeviceAuthorization } from '../../src/oauth/device-authorization.ts'
import { expectedError } from '../support/golden.ts'

const now = Date.UTC(2026, 0, 1)
const good = {
  device_code: 'canary-device-code',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://example.com/device',
  verification_uri_complete: 'https://example.com/device?user_code=WDJB-MJHT',
  expires_in: 1_800,
  interval: 7,
}

function parse(changes: object) {
  return parseDeviceAuthorization(JSON.stringify({ ...good, ...changes }), now)
}

test('the answer of RFC 8628 section 3.2 is translated', () => {
  const { deviceCode, ...rest } = parse({})
  assert.equal(deviceCode.reveal(), 'canary-device-code')
  assert.deepEqual(rest, {
    userCode: 'WDJB-MJHT',
    verificationUri: 'https://example.com/device',
    verificationUriComplete: 'https://example.com/device?user_code=WDJB-MJHT',
    expiresAt: now + 1_800_000,
    intervalMs: 7_000,
  })
})

test('what the answer may leave out is left out, and the interval is 5 s then', () => {
  const answer = parse({ verification_uri_complete: undefined, interval: undefined })
  assert.equal('verificationUriComplete' in answer, false)
  assert.equal(answer.intervalMs, 5_000)
})

test('the older name of the address is understood', () => {
  const answer = parse({ verification_uri: undefined, verification_url: 'https://old.example/d' })
  assert.equal(answer.verificationUri, 'https://old.example/d')
})

for (const [interval, seconds] of [
  ['7', 7],
  [0.001, 1],
  [0, 5],
  [-5, 5],
  [1e308, 60],
  ['soon', 5],
  [null, 5],
  [{}, 5],
] as const) {
  test(`an interval of ${JSON.stringify(interval)} is one of ${seconds} s`, () => {
    assert.equal(parse({ interval }).intervalMs, seconds * 1_000)
  })
}

for (const [expiresIn, seconds] of [
  ['30', 30],
  [0.5, 0.5],
  [Number.MIN_VALUE, 600],
  [undefined, 600],
  [-1, 600],
  ['never', 600],
  [1e15, 3_600],
] as const) {
  test(`a lifetime of ${expiresIn} is one of ${seconds} s`, () => {
    assert.equal(parse({ expires_in: expiresIn }).expiresAt, now + seconds * 1_000)
  })
}

for (const [what, changes] of [
  ['a device code', { device_code: undefined }],
  ['a device code', { device_code: '' }],
  ['a code to type', { user_code: 5 }],
  ['a code to type', { user_code: '' }],
  ['a code to type', { user_code: ' ABCD' }],
  ['a code to type', { user_code: 'A\u001b[2JB' }],
  ['a code to type', { user_code: 'A'.repeat(65) }],
  ['an https page to type the code at', { verification_uri: undefined }],
  ['an https page to type the code at', { verification_uri: 'http://example.com/' }],
  ['an https page to type the code at', { verification_uri: 'https://x/\u001b]0;' }],
  ['an https page to type the code at', { verification_uri: 'https://x/\n' }],
] as const) {
  test(`an answer with ${JSON.stringify(changes)} is refused`, () => {
    assert.throws(
      () => parse(changes),
      expectedError('provider_protocol', `an answer with ${JSON.stringify(changes)} is refused`, {
        what,
      }),
    )
  })
}

test('a complete address that is none is as good as absent', () => {
  assert.equal('verificationUriComplete' in parse({ verification_uri_complete: 'x' }), false)
})

test('HTML instead of JSON is refused', () => {
  assert.throws(() => parseDeviceAuthorization('<html>', now), { code: 'provider_protocol' })
})
