import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  BridgeConfiguration,
  Configuration,
} from '../../../src/configuration/configuration.ts'
import { reloadAnswer } from '../../../src/daemon/broker/reload-answer.ts'

const socket = (path: string, mode = 0o600) => {
  return { path, mode, protocols: ['SMTP' as const], reply: 'xoauth2' as const }
}
const file = (path: string, mode = 0o600) => {
  return { path, mode, account: 'u@x', protocol: 'SMTP' as const, format: 'token' as const }
}
const before: Configuration = {
  file: '/c',
  accounts: [],
  sockets: [socket('/same'), socket('/other'), socket('/gone')],
  bridges: [],
  outboxes: [],
  tokenFiles: [file('/kept'), file('/moved')],
  refresh: { beforeExpiryMs: 1, answerWithinMs: 1 },
  store: { kind: 'files', key: { from: 'keyring' }, stateDirectory: '/s' },
  control: { path: '/control' },
  signIn: { port: 0 },
  metrics: { labels: 'id' },
  log: { level: 'info', audit: 'counted' },
}

function changesTo(after: Configuration) {
  const accounts = { added: [], removed: [], changed: [] }
  const { sockets, token_files, settings } = reloadAnswer({ before, after, accounts, restored: [] })
  return { sockets, token_files, settings }
}

test('the same configuration changes nothing', () => {
  const none = { added: [], removed: [], changed: [] }
  assert.deepEqual(changesTo(structuredClone(before)), {
    sockets: none,
    token_files: none,
    settings: [],
  })
})

test('sockets and token files are told by their paths, settings by their sections', () => {
  const after: Configuration = {
    ...before,
    sockets: [socket('/same'), socket('/other', 0o660), socket('/new')],
    tokenFiles: [file('/kept', 0o640), file('/elsewhere')],
    refresh: { beforeExpiryMs: 2, answerWithinMs: 1 },
    signIn: { port: 8080 },
    notify: { command: ['tell'] },
    log: { level: 'debug', audit: 'counted' },
  }
  assert.deepEqual(changesTo(after), {
    sockets: { added: ['/new'], removed: ['/gone'], changed: ['/other'] },
    token_files: { added: ['/elsewhere'], removed: ['/moved'], changed: ['/kept'] },
    settings: ['refresh', 'sign_in', 'notify', 'log'],
  })
})

function bridge(ports: number[], more: Partial<BridgeConfiguration> = {}) {
  const listen = ports.map((port) => ({ host: '127.0.0.1', port }))
  return { ...more, listen } as BridgeConfiguration
}

function bridgeChanges(old: BridgeConfiguration, now: BridgeConfiguration) {
  return reloadAnswer({
    before: { ...before, bridges: [old] },
    after: { ...before, bridges: [now] },
    accounts: { added: [], removed: [], changed: [] },
    restored: [],
  }).bridges
}

test('a bridge is told by each of its addresses: one more takes nothing from the others', () => {
  const none = { added: [], removed: [], changed: [] }
  const [first, second] = ['127.0.0.1:1', '127.0.0.1:2']
  assert.deepEqual(bridgeChanges(bridge([2]), bridge([1, 2])), { ...none, added: [first] })
  assert.deepEqual(bridgeChanges(bridge([1, 2]), bridge([2])), { ...none, removed: [first] })
  const other = bridge([1, 2], { account: 'u@x' })
  assert.deepEqual(bridgeChanges(bridge([1, 2]), other), { ...none, changed: [first, second] })
  const [unit, port] = [bridge([], { name: 'b' }), bridge([1], { name: 'b' })]
  assert.deepEqual(bridgeChanges(unit, port), { ...none, added: [first], removed: ['b'] })
})
