import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KnownEngine } from '../../../src/daemon/fleet/known-engine.ts'
import { assertAdvice } from '../../support/golden.ts'

test('what was told two minutes ago is not told as what is so now', () => {
  let now = 0
  const engine = new KnownEngine(() => now)
  engine.take({ isReachable: true, isListed: true })
  now = 119_999
  assert.deepEqual(engine.state, { isReachable: true, isListed: true })
  now = 180_000
  const { error, ...state } = engine.state
  assert.deepEqual(state, { isReachable: false, isListed: true })
  const { error: code, error_description: message = '', hint = '' } = error ?? {}
  assert.equal(code, 'store_locked')
  assertAdvice({ message, hint }, 'a follower that says nothing')
  engine.take({ isReachable: true, isListed: true })
  assert.equal(engine.state.error, undefined)
})

test('a follower that is gone is not reachable, and its successor has its time', () => {
  let now = 0
  const engine = new KnownEngine(() => now)
  engine.take({ isReachable: true, isListed: true })
  now = 119_999
  engine.noteLost()
  now = 150_000
  assert.deepEqual(engine.state, { isReachable: false, isListed: true })
})
