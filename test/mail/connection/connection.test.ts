import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:tls'
import { after, test, type TestContext } from 'node:test'
import { Connection } from '../../../src/mail/connection/connection.ts'
import { createMailTls } from '../../../src/mail/connection/verified-tls.ts'
import { certificates } from '../try-login.ts'

after(() => certificates.remove())

/** A connection to a server that greets, and its socket; what the server hears is in `heard`. */
async function connected(t: TestContext, { isReading = true } = {}) {
  const heard: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer(certificates, (peer) => {
    sockets.add(peer.on('error', () => {}))
    peer.write('220 ready\r\n')
    if (isReading) peer.on('data', (chunk: Buffer) => heard.push(chunk))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const peer of sockets) peer.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  let socket: Socket | undefined
  const connection = await Connection.open({
    server: { host: '127.0.0.1', port, isImplicitTls: true },
    tls: createMailTls([certificates.ca]),
    listener: { connected: (each) => (socket = each) },
  })
  assert.equal(await connection.readLine(), '220 ready')
  assert.ok(socket)
  return { connection, socket, heard }
}

test('a server that reads is told the farewell', async (t) => {
  const { connection, socket, heard } = await connected(t)
  connection.send('NOOP')
  await new Promise(setImmediate)
  connection.close('QUIT')
  await once(socket, 'close')
  assert.equal(Buffer.concat(heard).toString(), 'NOOP\r\nQUIT\r\n')
})

test('a server that does not read the message is not waited for', async (t) => {
  const { connection, socket } = await connected(t, { isReading: false })
  connection.sendMessage(Buffer.alloc(20 * 1024 * 1024))
  while (socket.writableLength > 0 && !socket.writableNeedDrain) await new Promise(setImmediate)
  connection.close('QUIT')
  if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(5_000) })
})
