import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenFileText } from '../../../src/daemon/token-file/token-file-text.ts'
import { fingerprint, Secret } from '../../../src/logging/secret.ts'
import { formatCredential, outputFormats } from '../../../src/sasl/output-format.ts'
import { testAccount } from '../../support/accounts.ts'
import { readAsPlugin } from '../../support/sasl-xoauth2-file.ts'

const account = testAccount({ saslUser: { IMAP: 'delegate@example.com' } })
const accessToken = new Secret('T0KEN"\\/~.+=')
const expiresAt = Date.UTC(2026, 0, 1) + 999

function served(end = expiresAt) {
  return { accessToken, fingerprint: fingerprint(accessToken), expiresAt: end }
}

test('sasl-xoauth2 finds every member that it needs, each a string, and nobody to ask', () => {
  const text = tokenFileText({ protocol: 'SMTP', format: 'sasl-xoauth2' }, account, served())
  assert.deepEqual(JSON.parse(text), {
    access_token: 'T0KEN"\\/~.+=',
    refresh_token: '',
    expiry: '1767225600',
    user: 'user@example.com',
    token_endpoint: '',
  })
  assert.deepEqual(readAsPlugin(text, 1_767_225_000), {
    accessToken: 'T0KEN"\\/~.+=',
    user: 'user@example.com',
    expiryS: 1_767_225_600,
  })
})

test('sasl-xoauth2 logs in as whom the account is for the protocol', () => {
  const text = tokenFileText({ protocol: 'IMAP', format: 'sasl-xoauth2' }, account, served())
  assert.equal(readAsPlugin(text, 0).user, 'delegate@example.com')
})

test('a time that is too late for the plugin is told as the latest that it takes', () => {
  const late = served(Date.UTC(2040, 0, 1))
  const text = tokenFileText({ protocol: 'SMTP', format: 'sasl-xoauth2' }, account, late)
  assert.equal(readAsPlugin(text, 0).expiryS, 2_147_483_647)
})

for (const format of outputFormats) {
  test(`${format} is what a socket answers, byte for byte`, () => {
    const text = tokenFileText({ protocol: 'IMAP', format }, account, served())
    const credential = {
      account: 'user@example.com',
      user: 'delegate@example.com',
      protocol: 'IMAP' as const,
      accessToken: accessToken.reveal(),
      expiresAt,
    }
    assert.equal(text, formatCredential(credential, format))
    assert.throws(() => readAsPlugin(text, 0))
  })
}

test('the reader of the tests refuses what breaks a rule of the format', () => {
  const good = {
    access_token: 'T',
    refresh_token: '',
    expiry: '2000',
    user: 'u@x',
    token_endpoint: '',
  }
  const read = (changes: object) => readAsPlugin(JSON.stringify({ ...good, ...changes }), 1_000)
  assert.equal(read({}).accessToken, 'T')
  assert.throws(() => read({ refresh_token: undefined }), /"refresh_token" is missing/)
  assert.throws(() => read({ access_token: undefined }), /"access_token" is missing/)
  assert.throws(() => read({ access_token: '' }), /"access_token" is empty/)
  assert.throws(() => read({ expiry: 2_000 }), /"expiry" .* string/)
  assert.throws(() => read({ expiry: '2026-01-01T00:00:00Z' }), /not a time in seconds/)
  assert.throws(() => read({ expiry: '2147483648' }), /not a time in seconds/)
  assert.throws(() => read({ expiry: '1010' }), /has expired/)
  assert.throws(() => read({ token_type: 'Bearer' }), /not a member/)
})
