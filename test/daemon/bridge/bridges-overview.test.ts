import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeConfiguration } from '../../../src/configuration/configuration.ts'
import { bridgesOverview } from '../../../src/daemon/bridge/bridges-overview.ts'
import { ConnectedClients } from '../../../src/daemon/bridge/connected-clients.ts'
import { UpstreamConnections } from '../../../src/daemon/bridge/upstream-connections.ts'

const troubles = { recent: () => [] }

function bridge(protocol: 'SMTP' | 'IMAP', port: number, limits: Record<string, number>) {
  const accounts = Object.entries(limits).map(([user, connections]) => {
    return { user, connections, server: 'mail.example.org:993' }
  })
  const listen = [{ host: '127.0.0.1', port }]
  return { protocol, listen, accounts } as unknown as BridgeConfiguration
}

test('clients are counted where they are, also those of a process that is retired', () => {
  const clients = new ConnectedClients()
  const [old, now] = [{}, {}]
  clients.set(old, ['127.0.0.1:2', '127.0.0.1:1'], [{ descriptor: 5, count: 3 }])
  clients.set(now, ['127.0.0.1:1'], [{ descriptor: 4, count: 4 }])
  const counts = () => {
    const bridges = [bridge('SMTP', 1, {}), bridge('IMAP', 2, {})]
    const { bridges: told } = bridgesOverview(bridges, {
      clients,
      upstream: new UpstreamConnections(),
      troubles,
    })
    return told.map((each) => each.clients)
  }
  assert.deepEqual(counts(), [7, 0])
  clients.delete(old)
  assert.deepEqual(counts(), [4, 0])
})

test('connections are counted by protocol and account, beside the smallest limit of all', () => {
  const upstream = new UpstreamConnections()
  upstream.set({}, [{ user: 'a@x', protocol: 'IMAP', count: 2 }])
  upstream.set({}, [
    { user: 'a@x', protocol: 'IMAP', count: 1 },
    { user: 'a@x', protocol: 'SMTP', count: 1 },
  ])
  const bridges = [
    bridge('IMAP', 1, { 'a@x': 10, 'b@x': 5 }),
    bridge('IMAP', 2, { 'a@x': 4 }),
    { ...bridge('SMTP', 3, { 'a@x': 1 }), outbox: {} } as BridgeConfiguration,
  ]
  const { connections } = bridgesOverview(bridges, {
    clients: new ConnectedClients(),
    upstream,
    troubles,
  })
  assert.deepEqual(connections, [
    { protocol: 'IMAP', user: 'a@x', limit: 4, count: 3 },
    { protocol: 'IMAP', user: 'b@x', limit: 5, count: 0 },
  ])
})
