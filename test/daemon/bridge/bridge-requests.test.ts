/** Whom a bridge gets tokens for: accounts that one of the bridges in force serves, by its protocol. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Accounts } from '../../../src/accounts/accounts.ts'
import type { BridgeConfiguration } from '../../../src/configuration/configuration.ts'
import { BridgeRequests } from '../../../src/daemon/bridge/bridge-requests.ts'
import type { TokenReplacement } from '../../../src/daemon/tokens/refused-tokens.ts'
import { SignInRequiredError } from '../../../src/errors.ts'
import type { BridgeTokenRefusal } from '../../../src/messages/bridge-messages.ts'
import { Secret } from '../../../src/logging/secret.ts'
import {
  testAccountConfiguration as account,
  testConfiguration,
} from '../../support/configurations.ts'

const served = account('served@example.com')
const other = account('other@example.com')
const type = 'request' as const

function prepare(
  serve = () => ({ accessToken: new Secret('the-token'), fingerprint: 'f' }),
  replace: TokenReplacement['replace'] = () => Promise.reject(new Error('not asked for')),
) {
  const bridge = { protocol: 'SMTP', accounts: [{ user: served.user }] }
  const accounts = Accounts.from(testConfiguration({ accounts: [served, other] }))
  const requests = new BridgeRequests({
    tokens: { serve: serve as never },
    refusedTokens: { replace },
    accounts: () => accounts,
    bridges: () => [bridge as BridgeConfiguration],
  })
  return (user: string, protocol: 'SMTP' | 'IMAP', refused?: BridgeTokenRefusal) =>
    requests.answer({ type, id: 1, user, protocol, ...(refused && { refused }) })
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

const refused = { fingerprint: 'f', server: 'smtp.example.com:587', message: 'not accepted' }

test('another token is asked for before it is served, with what the server said of the first', async () => {
  const asked: unknown[] = []
  let accessToken = new Secret('the-token')
  const ask = prepare(
    () => ({ accessToken, fingerprint: 'g' }),
    async (what) => {
      asked.push(what)
      accessToken = new Secret('the-next')
      return true
    },
  )
  const answer = await ask(served.user, 'SMTP', refused)
  assert.deepEqual(asked, [{ user: served.user, protocol: 'SMTP', ...refused }])
  assert.ok(answer.type === 'token')
  assert.equal(answer.token.accessToken, 'the-next')
})

test('of an account that no bridge serves no other token is asked for', async () => {
  const answer = await prepare()(other.user, 'SMTP', refused)
  assert.ok(answer.type === 'refusal')
  assert.equal(answer.error.error, 'account_unknown')
})
