import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SignInFailure } from '../../../src/daemon/sign-in/sign-in-failure.ts'
import {
  authorize,
  complete,
  endOf,
  fail,
  redeem,
  type SignInState,
} from '../../../src/daemon/sign-in/sign-in-state.ts'
import { SignInFailedError } from '../../../src/errors.ts'
import { refreshedToken } from '../../support/refreshed.ts'

const authorization = { url: 'https://issuer.example/auth' }
const refreshed = refreshedToken()
const failure: SignInFailure = { kind: 'ended', error: new SignInFailedError('cancelled') }

const states: Record<SignInState['name'], SignInState> = {
  preparing: { name: 'preparing' },
  waiting: { name: 'waiting', authorization },
  redeeming: { name: 'redeeming' },
  completed: { name: 'completed', refreshed },
  failed: { name: 'failed', failure: { ...failure, kind: 'denied' } },
}

const moves: Record<string, (state: SignInState) => SignInState> = {
  authorize: (state) => authorize(state, { ...authorization }),
  redeem,
  complete: (state) => complete(state, { ...refreshed }),
  fail: (state) => fail(state, failure),
}

/** Where each move leads from each state; absent: nowhere. */
const leads: Record<string, Partial<Record<SignInState['name'], SignInState['name']>>> = {
  authorize: { preparing: 'waiting' },
  redeem: { preparing: 'redeeming', waiting: 'redeeming', redeeming: 'redeeming' },
  complete: { redeeming: 'completed' },
  fail: { preparing: 'failed', waiting: 'failed', redeeming: 'failed' },
}

for (const [name, move] of Object.entries(moves)) {
  for (const state of Object.values(states)) {
    const expected = leads[name]?.[state.name]
    test(`${name}: ${state.name} becomes ${expected ?? 'nothing else'}`, () => {
      const next = move(state)
      assert.equal(next.name, expected ?? state.name)
      if (expected === undefined) assert.equal(next, state)
    })
  }
}

test('a sign-in has an end where it is completed or has failed', () => {
  const ended = Object.values(states).filter((state) => endOf(state) !== undefined)
  assert.deepEqual(
    ended.map(({ name }) => name),
    ['completed', 'failed'],
  )
})
