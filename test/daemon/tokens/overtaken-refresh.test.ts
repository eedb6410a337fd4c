/** What a person or a program hears whose refresh a logout, a sign-in or a reload overtakes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SignInRequiredError } from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import { expectedError } from '../../support/golden.ts'
import { served, settled, setUp } from './answered-token.ts'

describe('a refresh that somebody asked for, and that something overtakes', () => {
  type Ready = ReturnType<typeof setUp>
  const names = { user: 'user@example.com' }
  const signedOut = expectedError('sign_in_required', 'signed out', names)
  const removed = expectedError('account_unknown', 'removed', names)
  const never = expectedError('sign_in_required', 'never signed in', names)
  const refused = { code: 'sign_in_required', message: 'refused' }
  /** What overtakes it, and why it then failed; undefined: there is a new token. */
  const cases: [string, (ready: Ready) => unknown, object | undefined][] = [
    ['a logout', ({ token }) => token.forget('logout'), signedOut],
    ['a reload that takes the account away', ({ token }) => token.forget('removed'), removed],
    ['a reload that gives it a sign-in of another', ({ token }) => token.forget(), never],
    ['a newer sign-in', ({ token, refreshed }) => token.accept(refreshed('NEW')), undefined],
    [
      'a logout and a newer sign-in',
      ({ token, refreshed }) => {
        token.forget('logout')
        token.accept(refreshed('NEW'))
      },
      undefined,
    ],
    [
      'a reload that moves it to a grant that is there',
      async ({ token, calls, call }) => {
        token.forget()
        token.reconfigure(testAccount({ scopes: ['other'] }))
        token.resume(2)
        await settled()
        assert.equal(calls.length, 2)
        await call(1).succeed('NEW')
      },
      undefined,
    ],
    [
      'a changed entry whose own refresh is refused',
      async ({ token, call }) => {
        token.reconfigure(testAccount({ scopes: ['other'] }))
        await settled()
        await call(0).succeed('OLD')
        await call(1).fail(new SignInRequiredError('refused'))
      },
      refused,
    ],
  ]
  for (const [what, overtake, failure] of cases) {
    test(what, async () => {
      const ready = setUp()
      ready.token.resume(1)
      const explicit = ready.token.refreshNow()
      // Told below; until then it is nobody's.
      explicit.catch(() => {})
      await overtake(ready)
      if (ready.calls.length === 1) await ready.call(0).succeed('OLD')
      if (failure === undefined) {
        await explicit
        assert.equal(served(ready.token), 'NEW')
      } else {
        await assert.rejects(explicit, failure)
      }
    })
  }

  for (const [because, failure] of [
    ['logout', signedOut],
    ['removed', removed],
  ] as const) {
    test(`a program that waits hears of it too: ${because}`, async () => {
      const { token } = setUp()
      token.resume(1)
      const waiting = token.waitForToken()
      token.forget(because)
      await assert.rejects(waiting, failure)
      await assert.rejects(token.refreshNow(), failure)
    })
  }
})
