import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRefused, loadText } from './load-text.ts'

function toml(keys: string): string {
  return `[[account]]\nuser = "u@x"\nprovider = "office365"\nclient_id = "c"\n${keys}\n`
}

const secret = 'client_secret_file = "/s"\n'

test('the day on which a client secret expires is a date of TOML', () => {
  const [account] = loadText(toml(`${secret}client_secret_expires = 2027-01-01`)).accounts
  assert.equal(account?.clientSecretExpiresAt, Date.UTC(2027, 0, 1))
})

test('anything but a date is refused, and a date without a secret', () => {
  const place = '6: key "client_secret_expires"'
  assertRefused(toml(`${secret}client_secret_expires = "2027-01-01"`), place, 'not a date')
  assertRefused(toml(`${secret}client_secret_expires = 2027`), place, 'not a date')
  assertRefused(
    toml('client_secret_expires = 2027-01-01'),
    '5: key "client_secret_expires"',
    'a date without a secret',
  )
})
