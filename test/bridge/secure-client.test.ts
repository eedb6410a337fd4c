/** The server's side of TLS, on a real connection. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { after, type TestContext, test } from 'node:test'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { ClientGoneError } from '../../src/bridge/client-lines.ts'
import { pipe } from '../../src/bridge/pipe.ts'
import { HandshakeError, secureClient } from '../../src/bridge/secure-client.ts'
import { createTestCertificates } from '../support/certificates.ts'

const certificates = await createTestCertificates()
after(() => certificates.remove())
const context = createSecureContext({ cert: certificates.cert, key: certificates.key })

async function connection(t: TestContext): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const near = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [far] = (await once(server, 'connection')) as [Socket]
  for (const socket of [near, far]) {
    socket.on('error', () => {})
    t.after(() => socket.destroy())
  }
  return [near, far]
}

function handshake(
  client: Socket,
  waitMs = 10_000,
  onComplaint: (reason: string) => void = () => {},
) {
  return secureClient(client, { context, waitMs, onComplaint })
}

async function text(socket: Socket): Promise<string> {
  let all = ''
  socket.on('data', (chunk: Buffer) => (all += chunk.toString()))
  await once(socket, 'end')
  return all
}

async function secured(t: TestContext): Promise<{ program: TLSSocket; client: TLSSocket }> {
  const [near, far] = await connection(t)
  const program = connectTls({ socket: near, ca: certificates.ca, servername: 'localhost' })
  const [client] = await Promise.all([handshake(far), once(program, 'secureConnect')])
  return { program, client }
}

test('who closes its side by TLS is still answered', async (t) => {
  const { program, client } = await secured(t)
  const [socket, server] = await connection(t)
  const done = pipe(client, { socket, unread: Buffer.alloc(0) }, { up: [], down: [] })
  program.end('QUIT')
  assert.equal(await text(server), 'QUIT')
  server.write('221 ')
  server.end('bye')
  assert.equal(await text(program), '221 bye')
  await done
})

test('after TLS began, a refusal of TLS is told, and an end of the connection is not', async (t) => {
  for (const [error, expected] of [
    [Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104 }), []],
    [new Error('error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca'), [/trust/]],
  ] as const) {
    const [near, far] = await connection(t)
    const complaints: string[] = []
    const program = connectTls({ socket: near, ca: certificates.ca, servername: 'localhost' })
    const [client] = await Promise.all([
      handshake(far, 10_000, (reason) => complaints.push(reason)),
      once(program, 'secureConnect'),
    ])
    client.on('error', () => {})
    // As Node does where the socket was not made by a tls.Server.
    client.emit('_tlsError', error)
    assert.equal(complaints.length, expected.length)
    for (const [index, pattern] of expected.entries()) {
      assert.match(complaints[index] ?? '', pattern)
    }
  }
})

test('what the server says last reaches a program by TLS before the end does', async (t) => {
  const { program, client } = await secured(t)
  const [socket, server] = await connection(t)
  const done = pipe(client, { socket, unread: Buffer.alloc(0) }, { up: [], down: [] })
  const last = 'x'.repeat(1_000_000)
  server.end(last)
  assert.equal(await text(program), last)
  program.end()
  await done
})

test('who leaves without a word, leaves in the midst of it, or is silent', async (t) => {
  const [near, far] = await connection(t)
  near.end()
  await assert.rejects(handshake(far), ClientGoneError)
  const [other, otherFar] = await connection(t)
  other.end(Buffer.from('16030100', 'hex'))
  await assert.rejects(handshake(otherFar), /left while TLS began/)
  const [, silentFar] = await connection(t)
  await assert.rejects(
    handshake(silentFar, 10),
    (error) =>
      error instanceof HandshakeError && error.isStray && /must begin TLS/.test(error.message),
  )
  for (const socket of [far, otherFar, silentFar]) assert.ok(socket.destroyed)
})
