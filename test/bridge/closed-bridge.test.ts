import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BridgeRules } from '../../src/bridge/bridge-rules.ts'
import { closedBridge } from '../../src/bridge/closed-bridge.ts'
import type { BridgeConfiguration } from '../../src/configuration/configuration.ts'

const bridge = (change: Partial<BridgeConfiguration>): BridgeConfiguration => ({
  protocol: 'SMTP',
  listen: [],
  accounts: ['gone@example.com', 'kept@example.com'].map(account),
  accountBySender: true,
  users: [
    { name: 'printer', user: 'gone@example.com' },
    { name: 'fax', user: 'kept@example.com' },
  ],
  callers: ['peer', 'password'],
  networks: [],
  tls: 'off',
  waitMs: 1,
  mode: 0o600,
  account: 'gone@example.com',
  ...change,
})
const account = (user: string) => ({ user, server: 's', connections: 1 })
const kept = bridge({ accounts: [account('kept@example.com')], users: [] })

test('an account that no bridge serves any more is gone from one that is closed, by all its names', () => {
  const rules = new BridgeRules(closedBridge(bridge({}), [kept]))
  const named = (user: string) =>
    rules.accountNamed({ user, authorizationId: '', password: undefined })
  assert.deepEqual(['gone@example.com', 'printer', '', 'kept@example.com', 'fax'].map(named), [
    undefined,
    undefined,
    undefined,
    'kept@example.com',
    'kept@example.com',
  ])
  const uid = process.geteuid?.() ?? 0
  assert.ok('refusal' in rules.accountOfCaller({ uid }, 'gone@example.com'))
  assert.ok('account' in rules.accountOfCaller({ uid }, 'kept@example.com'))
})

test('one that is served for another protocol only is gone too, and all are where no bridge is left', () => {
  const others = bridge({ protocol: 'IMAP' })
  for (const served of [[others], []]) {
    assert.deepEqual(closedBridge(bridge({}), served).accounts, [])
  }
})
