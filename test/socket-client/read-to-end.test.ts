import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { abandon, readToEnd } from '../../src/socket-client/read-to-end.ts'
import { temporaryDirectory } from '../daemon/socket/token-socket.ts'

/** A connection to somebody who says this, and ends it or not. */
async function connectTo(t: TestContext, said: string, end = false): Promise<Socket> {
  const path = join(temporaryDirectory(t), 'a.sock')
  const server = createServer((peer) => {
    peer.on('error', () => {}).write(said)
    if (end) peer.end()
  })
  await once(server.listen(path), 'listening')
  const socket = connect(path)
  t.after(() => {
    socket.destroy()
    server.close()
  })
  return socket
}

async function read(socket: Socket, limitBytes = 100) {
  const { bytes, error } = await readToEnd(socket, limitBytes)
  return [bytes.toString(), error?.code]
}

test('an answer that is ended is whole', async (t) => {
  assert.deepEqual(await read(await connectTo(t, 'abc', true)), ['abc', undefined])
  assert.deepEqual(await read(await connectTo(t, '', true)), ['', undefined])
})

test('one that breaks off is there as far as it came, with what broke it off', async (t) => {
  const abandoned = await connectTo(t, 'abc')
  abandoned.once('data', () => abandon(abandoned, 'ETIMEDOUT'))
  assert.deepEqual(await read(abandoned), ['abc', 'ETIMEDOUT'])
  const closed = await connectTo(t, 'abc')
  closed.once('data', () => closed.destroy())
  assert.deepEqual(await read(closed), ['abc', 'ECONNRESET'])
})

test('one that is too long is broken off', async (t) => {
  assert.deepEqual(await read(await connectTo(t, 'abcd'), 3), ['abcd', 'EMSGSIZE'])
})
