import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { StoredSignIns } from '../../../src/daemon/grants/stored-sign-ins.ts'
import { testAccount } from '../../support/accounts.ts'
import { assertSentence } from '../../support/golden.ts'

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
  const unused = prepare([owner, shared, app]).unused()
  assert.deepEqual(
    unused.map(({ user, signed_in_at }) => [user, signed_in_at]),
    [
      ['OWNER@x', day],
      ['app@x', day],
      ['damaged@x', null],
      ['shared@x', day],
    ],
  )
  const [letters, without, absent, sharing] = unused.map(({ reason }) => reason)
  assertSentence(letters, 'configured with other letters', { user: owner.user })
  assertSentence(without, 'an application alone', { grant: 'client_credentials' })
  assertSentence(absent, 'not configured')
  assertSentence(sharing, 'the sign-in of another', { user: owner.user })
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
