import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { checkBridge } from '../../../src/client/doctor/bridge-check.ts'
import type { BridgeConfiguration } from '../../../src/configuration/configuration.ts'
import { assertFinding } from '../../support/golden.ts'

const bridge = {
  protocol: 'SMTP',
  accounts: [{ user: 'user@example.com', server: 'x', connections: 1 }],
  callers: ['password'],
} as unknown as BridgeConfiguration

function password(accounts: string[] | null) {
  return [{ name: 'printer', accounts, created_at: '2026-11-29T00:00:00Z' }]
}

test('a port that nobody serves any more is a failure', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const listen = [{ host: '127.0.0.1', port }]
  const [found] = await checkBridge({ ...bridge, listen }, password(null))
  assertFinding(found, 'failure', 'a port that nobody serves any more is a failure', { port })
})

test('a bridge without a password that is good for it lets nobody in', async () => {
  for (const passwords of [[], password(['other@example.com'])]) {
    const [found] = await checkBridge({ ...bridge, listen: [] }, passwords)
    assertFinding(found, 'warning', 'a bridge without a password lets nobody in')
  }
  const [good] = await checkBridge({ ...bridge, listen: [] }, password(['user@example.com']))
  assert.equal(good?.level, 'ok')
})
