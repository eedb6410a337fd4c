import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { Acceptor } from '../../src/bridge/acceptor.ts'
import { descriptorOf } from '../../src/kernel/descriptor-of.ts'
import { duplicateDescriptor } from '../../src/kernel/duplicate-descriptor.ts'

const count = 400

/** A socket that listens, as the daemon passes one on. */
async function listening(): Promise<{ fd: number; port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const fd = duplicateDescriptor(descriptorOf(server) ?? -1)
  server.close()
  return { fd, port }
}

test('those who wait are accepted several in a turn of the event loop, each once', async (t) => {
  const { fd, port } = await listening()
  const clients = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  await Promise.all(clients.map((client) => once(client, 'connect')))
  const ports = new Set(clients.map(({ localPort }) => localPort))
  const accepted = new Set<number | undefined>()
  let turns = 0
  const acceptor = new Acceptor(fd, (socket) => {
    accepted.add(socket.remotePort)
    socket.destroy()
  })
  t.after(() => {
    acceptor.close()
    for (const client of clients) client.destroy()
  })
  for (; accepted.size < count; turns++) await new Promise(setImmediate)
  assert.deepEqual(accepted, ports)
  assert.ok(turns < count / 4, `${turns} turns`)
})

test('who is closed accepts nobody any more, and the port is free', async () => {
  const { fd, port } = await listening()
  new Acceptor(fd, () => {}).close()
  const client = connect(port, '127.0.0.1')
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNREFUSED')
})
