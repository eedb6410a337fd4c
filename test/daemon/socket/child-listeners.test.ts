/** What is in the way of a port, and whether a restart by systemd may find it gone. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openChildListeners } from '../../../src/daemon/socket/child-listeners.ts'
import { exitStatusOf } from '../../../src/daemon/exit-status.ts'
import { isCmsOauthError } from '../../../src/errors.ts'
import { assertError } from '../../support/golden.ts'

async function takenPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const obstacles: [name: string, host: string, port: (t: TestContext) => Promise<number>][] = [
  ['a port that is taken', '127.0.0.1', takenPort],
  // Of RFC 5737 and RFC 3849: no machine has them.
  ['an address that is not there', '192.0.2.1', async () => 1_587],
  ['an address of IPv6 that is not there', '2001:db8::1', async () => 1_587],
]

for (const [name, host, portOf] of obstacles) {
  test(`${name} may be there at the next start`, async (t) => {
    const port = await portOf(t)
    const places = [{ listen: [{ host, port }], mode: 0o600 }]
    const opening = openChildListeners(places, { open: new Map(), inherited: [] })
    await assert.rejects(opening, (error) => {
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
      assertError(error, 'store_locked', `a listener and ${name}`, { address })
      assert.equal(exitStatusOf(isCmsOauthError(error) ? error.code : 'usage'), 75)
      return true
    })
  })
}
