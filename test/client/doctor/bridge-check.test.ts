import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { checkBridge, uselessPasswords } from '../../../src/client/doctor/bridge-check.ts'
import type { BridgeConfiguration } from '../../../src/configuration/configuration.ts'
import { createTestCertificates } from '../../support/certificates.ts'
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

test('a bridge that begins with TLS is greeted by TLS, and one for other machines is left alone', async (t) => {
  const certificates = await createTestCertificates()
  t.after(() => certificates.remove())
  const server = createTlsServer(certificates, (socket) => socket.end('220 here ESMTP\r\n'))
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const listen = [
    { host: '127.0.0.1', port },
    { host: '192.168.7.2', port },
  ]
  const secure = { ...bridge, tls: 'implicit' as const, networks: ['192.168.7.9/32'] }
  const [here, elsewhere] = await checkBridge({ ...secure, listen }, password(null))
  assert.deepEqual([here?.level, elsewhere?.level], ['ok', 'ok'])
  assert.match(here?.text ?? '', /220 here ESMTP$/)
  assert.match(elsewhere?.text ?? '', /not tried/)
})

test('a password whose account has another address by now is told of', () => {
  const users = ['new@example.com']
  const [found, ...others] = uselessPasswords(password(['old@example.com']), users)
  assertFinding(found, 'warning', 'a password of an account that is gone')
  assert.deepEqual(others, [])
  for (const accounts of [null, ['old@example.com', 'new@example.com']]) {
    assert.deepEqual(uselessPasswords(password(accounts), users), [])
  }
})
