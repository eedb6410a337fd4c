/** What is known of an account's sign-in beside its token. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignInHistory } from '../../../src/daemon/tokens/sign-in-history.ts'
import { refreshedToken } from '../../support/refreshed.ts'

function known({ newest, lastRefreshAt, signedInAt }: SignInHistory) {
  return [newest?.isDurable, lastRefreshAt, signedInAt]
}

test('a sign-in that was never refreshed has no last refresh, not one of 1970', () => {
  const history = new SignInHistory()
  history.resume(7, 0)
  assert.deepEqual(known(history), [undefined, undefined, 7])
  history.resume(7, 8)
  assert.deepEqual(known(history), [undefined, 8, 7])
})

test('an answer is kept without its token, until all is forgotten', () => {
  const history = new SignInHistory()
  const answer = refreshedToken({ signedInAt: 7, expiresAt: 9, isDurable: false })
  history.add(answer, 8)
  assert.deepEqual(known(history), [false, 8, 7])
  assert.ok(!JSON.stringify(history.newest).includes(answer.accessToken))
  history.markDurable()
  assert.deepEqual(known(history), [true, 8, 7])
  history.clear()
  assert.deepEqual(known(history), [undefined, undefined, undefined])
  history.markDurable()
  assert.deepEqual(known(history), [undefined, undefined, undefined])
})
