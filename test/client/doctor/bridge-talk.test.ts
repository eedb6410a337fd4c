import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { visitBridge } from '../../../src/client/doctor/bridge-talk.ts'
import type { LocalTlsMode } from '../../../src/configuration/local-listener.ts'

/** A bridge that says this to each line, and then nothing; its one connection. */
async function listen(t: TestContext, answers: readonly string[]) {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connection = once(server, 'connection').then(([socket]: Socket[]) => {
    const left = [...answers]
    const answer = () => void socket?.write(left.shift() ?? '')
    answer()
    return socket?.on('data', answer).on('error', () => {})
  })
  return { address: { host: '127.0.0.1', port }, connection }
}

const answers: Partial<Record<LocalTlsMode, string[]>> = {
  implicit: [],
  starttls: ['220 here\r\n', '250 here\r\n', '220 begin TLS\r\n'],
}

for (const tls of ['implicit', 'starttls'] as const) {
  test(`a bridge that never begins TLS (${tls}) is left in time, and may reset the connection then`, async (t) => {
    const { address, connection } = await listen(t, answers[tls] ?? [])
    const visit = { protocol: 'SMTP', address, tls, user: 'user@example.com' } as const
    await assert.rejects(visitBridge(visit, 200), { name: 'AbortError' })
    const socket = await connection
    // Whoever leaves closes: a doctor that was done would wait for the bridge otherwise.
    if (socket?.destroyed === false) await once(socket, 'close')
    socket?.resetAndDestroy()
  })
}
