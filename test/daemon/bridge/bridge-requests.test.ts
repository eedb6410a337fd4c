/** Whom a bridge gets tokens for: accounts that one of the bridges in force serves, by its protocol. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Accounts } from '../../../src/accounts/accounts.ts'
import type { BridgeConfiguration } from '../../../src/configuration/configuration.ts'
import { BridgeRequests } from '../../../src/daemon/bridge/bridge-requests.ts'
import { SignInRequiredError } from '../../../src/errors.ts'
import { Secret } from '../../../src/logging/secret.ts'
import {
  testAccountConfiguration as account,
  testConfiguration,
} from '../../support/configurations.ts'

const served = account('served@example.com')
const other = account('other@example.com')
const type = 'request' as const

function prepare(serve = () => ({ accessToken: new Secret('the-token'), fingerprint: 'f' })) {
  const bridge = { protocol: 'SMTP', accounts: [{ user: served.user }] }
  const accounts = Accounts.from(testConfiguration({ accounts: [served, other] }))
  const requests = new BridgeRequests({
    tokens: { serve: serve as never },
    accounts: () => accounts,
    bridges: () => [bridge as BridgeConfiguration],
  })
  return (user: string, protocol: 'SMTP' | 'IMAP') =>
    requests.answer({ type, id: 1, user, protocol })
}

test('a bridge gets the token of an account that it serves', async () => {
  const token = { user: served.user, accessToken: 'the-token', fingerprint: 'f' }
  assert.deepEqual(await prepare()(served.user, 'SMTP'), { type: 'token', id: 1, token })
})

test('it gets none for another protocol or account, nor for one that is gone', async () => {
  const ask = prepare()
  for (const [user, protocol] of [
    [served.user, 'IMAP'],
    [other.user, 'SMTP'],
    ['gone@example.com', 'SMTP'],
  ] as const) {
    const answer = await ask(user, protocol)
    assert.ok(answer.type === 'refusal', `${user} ${protocol}`)
    assert.deepEqual([answer.id, answer.error.error], [1, 'account_unknown'])
  }
})

test('why there is no token is what it is told', async () => {
  const ask = prepare(() => {
    throw new SignInRequiredError('sign in', { hint: 'run login' })
  })
  const answer = await ask(served.user, 'SMTP')
  assert.ok(answer.type === 'refusal')
  assert.equal(answer.error.error, 'sign_in_required')
})
