/** Tokens that servers refuse before they expire: replaced once, however many meet it, and seldom. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { AccountToken } from '../../../src/daemon/tokens/account-token.ts'
import { RefusedTokens } from '../../../src/daemon/tokens/refused-tokens.ts'
import { SignInRequiredError } from '../../../src/errors.ts'
import type { LogFields } from '../../../src/logging/log.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { createSimulation } from './simulation.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

let simulation: ReturnType<typeof createSimulation>
let token: AccountToken
let refusedTokens: RefusedTokens
let lines: [string, LogFields?][]

beforeEach(() => {
  simulation = createSimulation()
  const { add, provider, keeper, clock } = simulation
  token = add(1)[0] as AccountToken
  token.accept(provider.issue(token.account.user))
  lines = []
  const log = { warn: (...line: [string, LogFields?]) => void lines.push(line) }
  const options = { keeper, clock, log: log as never, canRefresh: true }
  refusedTokens = new RefusedTokens(options)
})

afterEach(() => {
  simulation.stop()
})

const fingerprint = () => token.servable?.fingerprint ?? ''

/** A server refuses the token that is there, or this one. */
const refuse = (refused = fingerprint(), more = {}) =>
  refusedTokens.replace({
    ...more,
    user: token.account.user,
    fingerprint: refused,
    message: 'not accepted',
    server: 'smtp.example.com:587',
  })

/** What becomes of it while time goes by. */
async function outcomeOf<T>(promise: Promise<T>): Promise<T | string> {
  const outcome = promise.catch((error: unknown) => (error as { code: string }).code)
  await simulation.pass(5 * second)
  return outcome
}

test('a hundred programs that meet it at once cost one refresh, and all have another token', async () => {
  const first = fingerprint()
  const all = Promise.all(Array.from({ length: 100 }, () => refuse(first)))
  assert.deepEqual(new Set((await outcomeOf(all)) as boolean[]), new Set([true]))
  assert.equal(simulation.provider.refreshes, 1)
  assert.notEqual(fingerprint(), first)
  const { user } = token.account
  const said = { message: 'not accepted', server: 'smtp.example.com:587' }
  assert.deepEqual(lines, [['token.not_accepted', { user, fingerprint: first, ...said }]])
})

test('one that was accepted in between is replaced at once, one that never was is not', async () => {
  assert.equal(await outcomeOf(refuse()), true)
  assert.equal(await outcomeOf(refuse(fingerprint(), { wasAccepted: true })), true)
  assert.equal(simulation.provider.refreshes, 2)
  assert.equal(await outcomeOf(refuse()), false)
  assert.equal(simulation.provider.refreshes, 2)
  assert.ok(lines.every(([, fields]) => !('wasAccepted' in (fields ?? {}))))
})

test('who comes late with the old one gets the new one, and nobody is asked', async () => {
  const first = fingerprint()
  await outcomeOf(refuse())
  assert.equal(await outcomeOf(refuse(first)), true)
  assert.equal(simulation.provider.refreshes, 1)
})

test('a refresh that is under way is waited for, and counts for nothing', async () => {
  const first = fingerprint()
  const asked = token.refreshNow()
  assert.equal(await outcomeOf(refuse(first)), true)
  await asked
  assert.deepEqual(lines, [])
  assert.equal(await outcomeOf(refuse()), true)
  assert.equal(simulation.provider.refreshes, 2)
})

test('for five minutes no other one is fetched; then it is', async () => {
  const first = fingerprint()
  await outcomeOf(refuse())
  assert.notEqual(fingerprint(), first)
  assert.equal(await outcomeOf(refuse()), false)
  await simulation.pass(5 * minute)
  assert.equal(await outcomeOf(refuse()), true)
  assert.equal(simulation.provider.refreshes, 2)
})

test('a day in which every token is refused asks the provider twice as often as usual at most', async () => {
  await simulation.pass(24 * hour, 10 * second, () => void refuse().catch(() => {}))
  const { refreshes } = simulation.provider
  const usual = 24 / 0.65
  assert.ok(refreshes < 2 * usual, `${refreshes} refreshes`)
  assert.ok(lines.length <= 2 * 24, `${lines.length} of them because of refusals`)
})

test('an outage is told as what it is, however often, and the token stays for those who accept it', async () => {
  const first = fingerprint()
  simulation.provider.isDown = true
  for (let time = 0; time < 3; time++) {
    assert.equal(await outcomeOf(refuse()), 'provider_unavailable')
  }
  assert.equal(fingerprint(), first)
  simulation.provider.isDown = false
  await simulation.pass(5 * minute)
  assert.equal(await outcomeOf(refuse(first)), true)
})

test('a token that was in the place of a refused one is not what an outage keeps from being replaced', async () => {
  await outcomeOf(refuse())
  const second = fingerprint()
  simulation.provider.isDown = true
  void token.refreshNow().catch(() => {})
  await simulation.pass(5_000)
  assert.equal(token.state.name, 'backing_off')
  assert.equal(await outcomeOf(refuse(second)), false)
})

test('a provider that gives the same token again is not asked once more', async () => {
  const { provider, clock } = simulation
  const accessToken = token.servable?.accessToken.reveal() ?? ''
  provider.issue = () => refreshedToken({ accessToken, expiresAt: clock.wallMs() + hour })
  assert.equal(await outcomeOf(refuse()), false)
  assert.equal(await outcomeOf(refuse()), false)
  assert.equal(provider.refreshes, 1)
})

test('where a refresh may end the sign-in, other servers keep the token', async () => {
  const { provider } = simulation
  token.accept({ ...provider.issue(token.account.user), isNewerInDoubt: true })
  assert.equal(await outcomeOf(refuse()), false)
  assert.equal(provider.refreshes, 0)
})

test('a sign-in that has ended is what is told', async () => {
  const { provider, pass } = simulation
  const refused = new SignInRequiredError('revoked', { hint: 'run login' })
  provider.issue = () => {
    throw refused
  }
  assert.equal(await outcomeOf(refuse()), 'provider_unavailable')
  await pass(2 * minute)
  assert.equal(token.state.name, 'sign_in_required')
  await pass(5 * minute)
  // Not the server's words, also while the provider is not asked again.
  for (let time = 0; time < 3; time++) {
    assert.equal(await outcomeOf(refuse()), 'sign_in_required')
  }
})

test('a host that cannot refresh leaves it at what the server said, and logs that', async () => {
  const { keeper, clock, provider } = simulation
  const first = fingerprint()
  const log = { warn: (...line: [string, LogFields?]) => void lines.push(line) }
  refusedTokens = new RefusedTokens({ keeper, clock, log: log as never, canRefresh: false })
  assert.equal(await outcomeOf(refuse()), false)
  assert.equal(await outcomeOf(refuse()), false)
  assert.equal(provider.refreshes, 0)
  assert.deepEqual(
    lines.map(([event, fields]) => [event, fields?.message]),
    [['token.not_accepted', 'not accepted']],
  )
  provider.refreshes++
  token.acceptShared({ ...provider.issue(token.account.user), signedInAt: 2 })
  assert.equal(await outcomeOf(refuse(first)), true)
})

test('an account that is gone is named', async () => {
  simulation.keeper.remove(token.account.user)
  assert.equal(await outcomeOf(refuse('f')), 'account_unknown')
})

test('an account that a reload removes or changes meanwhile says so, or waits for its new token', async () => {
  const first = fingerprint()
  const changed = refuse()
  simulation.keeper.reconfigure({ ...token.account, scopes: ['other'] })
  assert.equal(await outcomeOf(changed), true)
  assert.notEqual(fingerprint(), first)
  await simulation.pass(5 * minute)
  const removed = refuse()
  simulation.keeper.remove(token.account.user)
  assert.equal(await outcomeOf(removed), 'account_unknown')
})

test('where somebody has to sign in anyway, that is said, and the provider is not asked again', async () => {
  const { provider, pass } = simulation
  const issue = provider.issue.bind(provider)
  provider.issue = () => {
    throw new SignInRequiredError('revoked', { hint: 'run login' })
  }
  void token.refreshNow().catch(() => {})
  await pass(3 * minute)
  assert.equal(token.state.name, 'sign_in_required')
  const asked = provider.refreshes
  assert.equal(await outcomeOf(refuse()), 'sign_in_required')
  assert.equal(provider.refreshes, asked)
  provider.issue = issue
  token.accept(provider.issue(token.account.user))
  assert.equal(await outcomeOf(refuse('older')), true)
})
