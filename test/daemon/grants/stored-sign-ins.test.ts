import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { StoredSignIns } from '../../../src/daemon/grants/stored-sign-ins.ts'
import { testAccount } from '../../support/accounts.ts'

const owner = testAccount({ user: 'owner@x' })
const shared = testAccount({ user: 'shared@x', signInWith: owner.user })
const app = testAccount({ user: 'app@x', grant: 'client_credentials' })
const record = (user: string) => ({ user, signedInAt: 1_000, refreshedAt: 2_000 })
const day = new Date(1_000).toISOString()

function prepare(accounts: Account[]): StoredSignIns {
  const stored = new StoredSignIns(() => accounts)
  stored.take({
    records: [owner, shared, app].map(({ user }) => record(user)),
    others: [
      { user: 'OWNER@x', signedInAt: 1_000, issuer: 'https://i' },
      { user: 'damaged@x', signedInAt: 0, issuer: '' },
    ],
  })
  return stored
}

test('whatever no account has its tokens by is told, with the reason', () => {
  assert.deepEqual(prepare([owner, shared, app]).unused(), [
    {
      user: 'OWNER@x',
      signed_in_at: day,
      reason: 'it is configured as "owner@x": case matters',
    },
    {
      user: 'app@x',
      signed_in_at: day,
      reason: 'grant = "client_credentials" needs no sign-in',
    },
    { user: 'damaged@x', signed_in_at: null, reason: 'it is not configured' },
    { user: 'shared@x', signed_in_at: day, reason: 'it uses the sign-in of owner@x now' },
  ])
})

test('what is in use, or forgotten, is not found', () => {
  const accounts = [owner]
  const stored = prepare(accounts)
  assert.equal(stored.findUnused(owner.user), undefined)
  assert.equal(stored.findUnused('nobody@x'), undefined)
  assert.equal(stored.findUnused('OWNER@x')?.issuer, 'https://i')
  stored.forget('OWNER@x')
  assert.equal(stored.findUnused('OWNER@x'), undefined)
  accounts.pop()
  assert.notEqual(stored.findUnused(owner.user), undefined)
})

test('what was known when a reading of the store began is as the reading says', () => {
  const stored = new StoredSignIns(() => [])
  stored.note('gone@example.com', { signedInAt: 1 })
  assert.deepEqual(stored.bringUpToDate([], stored.moment), [])
})

test('a sign-in of the very moment of the logout is signed out of too', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000 })
  const stored = new StoredSignIns(() => [])
  stored.forget('owner@example.com')
  assert.equal(stored.isForgotten('owner@example.com', 1_000), true)
  assert.equal(stored.isForgotten('owner@example.com', 1_001), false)
})
