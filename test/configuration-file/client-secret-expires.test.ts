import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText, refusalOf } from './load-text.ts'

function toml(keys: string): string {
  return `[[account]]\nuser = "u@x"\nprovider = "office365"\nclient_id = "c"\n${keys}\n`
}

const secret = 'client_secret_file = "/s"\n'

test('the day on which a client secret ends is a date of TOML', () => {
  const [account] = loadText(toml(`${secret}client_secret_expires = 2027-01-01`)).accounts
  assert.equal(account?.clientSecretExpiresAt, Date.UTC(2027, 0, 1))
})

test('anything but a date is refused, and a date without a secret', () => {
  const refusals = [
    [`${secret}client_secret_expires = "2027-01-01"`, /must be a date without quotes/],
    [`${secret}client_secret_expires = 2027`, /must be a date without quotes/],
    ['client_secret_expires = 2027-01-01', /requires a client secret/],
  ] as const
  for (const [keys, expected] of refusals) {
    const [code, message = ''] = refusalOf(toml(keys))
    assert.equal(code, 'config_invalid')
    assert.match(message, expected)
  }
})
