import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xoauth2 } from '../../src/sasl/xoauth2.ts'

test('the message is that of the provider documentation', () => {
  // The example of Google's "OAuth 2.0 Mechanism" page.
  assert.equal(
    Buffer.from(
      xoauth2('someuser@example.com', 'ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg'),
    ).toString('base64'),
    'dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==',
  )
})
