import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { oauthbearer } from '../../src/sasl/oauthbearer.ts'

test('the message has a GS2 header with the user and a bearer token', () => {
  assert.equal(
    oauthbearer('user@example.com', 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=='),
    'n,a=user@example.com,\u0001auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\u0001\u0001',
  )
})

test('a comma and an equals sign in the user are escaped as RFC 5801 says', () => {
  assert.equal(
    oauthbearer('a,b=c@example.com', 'T'),
    'n,a=a=2Cb=3Dc@example.com,\u0001auth=Bearer T\u0001\u0001',
  )
})

test('no user can break out of the GS2 header', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '@', ',', '=', '2', 'C', '3', 'D') }),
      (user) => {
        const [, identity = '', rest] = oauthbearer(user, 'T').split(',')
        assert.equal(rest, '\u0001auth=Bearer T\u0001\u0001')
        assert.equal(identity.slice(2).replaceAll('=2C', ',').replaceAll('=3D', '='), user)
      },
    ),
  )
})
