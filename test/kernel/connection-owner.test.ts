import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type ConnectionEnds, findConnectionOwner } from '../../src/kernel/connection-owner.ts'

async function serve(t: TestContext, listen = '127.0.0.1') {
  const server = createServer({ allowHalfOpen: true }).listen(0, listen)
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { server, port }
}

function endsOf(socket: Socket): ConnectionEnds {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
  return { localAddress, localPort, remoteAddress, remotePort }
}

for (const [name, listen, to] of [
  ['IPv4', '127.0.0.1', '127.0.0.1'],
  ['IPv6', '::1', '::1'],
  ['IPv4 at a server of IPv6', '::', '127.0.0.1'],
  ['IPv4 by a mapped address', '127.0.0.1', '::ffff:127.0.0.1'],
] as const) {
  test(`the owner of a connection over ${name} is who made its socket`, async (t) => {
    const { server, port } = await serve(t, listen)
    const client = connect({ port, host: to })
    const [socket] = (await once(server, 'connection')) as [Socket]
    t.after(() => [client, socket].forEach((each) => each.destroy()))
    assert.equal(findConnectionOwner(endsOf(socket)), process.getuid?.())
    client.end()
    socket.resume()
    await once(socket, 'end')
    assert.equal(findConnectionOwner(endsOf(socket)), process.getuid?.(), 'half-closed')
  })
}

test('the owner is another user where another user made the socket', async (t) => {
  if (process.getuid?.() !== 0) return
  const { server, port } = await serve(t)
  const script = `require('net').connect(${port}, '127.0.0.1').resume()`
  const child = spawn(process.execPath, ['-e', script], { uid: 65_534, gid: 65_534 })
  t.after(() => child.kill())
  const [socket] = (await once(server, 'connection')) as [Socket]
  t.after(() => socket.destroy())
  assert.equal(findConnectionOwner(endsOf(socket)), 65_534)
  child.kill()
  await once(child, 'exit')
  assert.equal(findConnectionOwner(endsOf(socket)), undefined, 'who is gone is not root')
})

test('nobody owns a connection that is closed, or that there never was', async (t) => {
  const { server, port } = await serve(t)
  const client = connect(port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  const ends = endsOf(socket)
  client.destroy()
  socket.destroy()
  await once(socket, 'close')
  assert.equal(findConnectionOwner(ends), undefined)
  assert.equal(findConnectionOwner({ ...ends, remotePort: 1 }), undefined)
  // The listener's own port, seen from the other side, finds the listener.
  const reversed = { ...ends, localPort: ends.remotePort, remotePort: port }
  assert.equal(findConnectionOwner(reversed), undefined)
})
