import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BridgeRules } from '../../src/bridge/bridge-rules.ts'
import type { Remote } from '../../src/bridge/remote.ts'
import type { BridgeConfiguration } from '../../src/configuration/configuration.ts'
import { createVerifier } from '../../src/sasl/server/passwords.ts'
import { assertSentence } from '../support/golden.ts'

const account = (user: string) => ({ user, server: 's', connections: 1 })
const us = process.geteuid?.() ?? 0
const other = us === 33 ? 34 : 33

function rules(change: Partial<BridgeConfiguration> = {}) {
  return new BridgeRules({
    protocol: 'SMTP',
    listen: [],
    accounts: [account('User@example.com'), account('info@example.com')],
    accountBySender: false,
    users: [{ name: 'printer', user: 'info@example.com' }],
    callers: ['password', 'peer'],
    networks: [],
    tls: 'off',
    waitMs: 1,
    mode: 0o600,
    ...change,
  })
}

const all = createVerifier('p', { name: 'all', salt: '' })
const one = createVerifier('p', { name: 'one', salt: '', accounts: ['info@example.com'] })

test('a password opens the account of its user name, in any case of letters or by another name', () => {
  const names = ['user@EXAMPLE.com', 'printer', 'Printer', 'nobody@example.com', '', 'constructor']
  assert.deepEqual(
    names.map((user) => rules().accountOf({ user, authorizationId: '', password: all })),
    ['User@example.com', 'info@example.com', 'info@example.com', undefined, undefined, undefined],
  )
  const users = [
    { name: 'scan', user: 'info@example.com' },
    { name: 'SCAN', user: 'User@example.com' },
  ]
  assert.deepEqual(
    ['scan', 'SCAN', 'Scan'].map((user) =>
      rules({ users }).accountOf({ user, authorizationId: '', password: all }),
    ),
    ['info@example.com', 'User@example.com', 'info@example.com'],
  )
  const named = rules({ account: 'info@example.com' })
  assert.equal(
    named.accountOf({ user: '', authorizationId: '', password: all }),
    'info@example.com',
  )
})

test('a password opens only what it is good for, whoever it is to act as', () => {
  const claim = (user: string, authorizationId: string) =>
    rules().accountOf({ user, authorizationId, password: one })
  assert.equal(claim('printer', ''), 'info@example.com')
  assert.equal(claim('user@example.com', ''), undefined)
  assert.equal(claim('user@example.com', 'info@example.com'), 'info@example.com')
  assert.equal(claim('printer', 'user@example.com'), undefined)
  assert.equal(claim('printer', 'nobody'), undefined)
  assert.equal(
    rules().accountOf({ user: 'printer', authorizationId: '', password: undefined }),
    undefined,
  )
})

test('without "allow" the kernel must name the user of the daemon, and with it one that is listed', () => {
  const named = { account: 'info@example.com' }
  const peer = { ...named, by: 'peer' }
  const caller = (uid: number | undefined, change: Partial<BridgeConfiguration> = {}) =>
    rules({ ...named, ...change }).accountOfCaller(uid === undefined ? {} : { uid }, '')
  assert.deepEqual(caller(us), peer)
  assert.ok('refusal' in caller(other))
  assert.ok('refusal' in caller(undefined))
  const allow = { users: [String(other)], groups: [] }
  assert.deepEqual(caller(other, { allow }), peer)
  assert.ok('refusal' in caller(us, { allow }))
  assert.ok('refusal' in caller(us, { callers: ['password'] }))
})

test('the kernel says which groups a program has; of TCP it does not, and those of its user count', () => {
  const allow = { users: [], groups: ['65533'] }
  const isLetIn = (remote: Remote) => rules({ allow }).admissionOf(remote) === 'peer'
  assert.ok(isLetIn({ uid: other, gid: other, groups: [65_533] }))
  assert.ok(isLetIn({ uid: other, gid: 65_533, groups: [] }))
  assert.equal(isLetIn({ uid: other, gid: other, groups: [] }), false)
  assert.equal(isLetIn({ uid: other, address: '127.0.0.1' }), false)
  const groupOfUser = { users: [], groups: ['33'] }
  const named = { uid: 33, gid: 65_533, groups: [] }
  assert.equal(rules({ allow: groupOfUser }).admissionOf(named), undefined)
  assert.equal(rules({ allow: groupOfUser }).admissionOf({ uid: 33 }), 'peer')
})

function accountOf(sender: string, change: Partial<BridgeConfiguration>) {
  return rules(change).accountOfCaller({ uid: us }, sender)
}

test('the sender chooses the account where it may, else the one that is named, else nobody', () => {
  const bySender = { accountBySender: true }
  const info = { account: 'info@example.com' }
  assert.deepEqual(accountOf('USER@example.com', bySender), {
    account: 'User@example.com',
    by: 'peer',
  })
  const byPeer = { ...info, by: 'peer' }
  assert.deepEqual(accountOf('user@example.com', info), byPeer)
  assert.deepEqual(accountOf('else@example.com', { ...bySender, ...info }), byPeer)
  const unknown = accountOf('else@example.com', bySender)
  assertSentence('refusal' in unknown ? unknown.refusal : undefined, 'an unknown sender')
  const unnamed = accountOf('user@example.com', {})
  assertSentence('refusal' in unnamed ? unnamed.refusal : undefined, 'no account')
})
