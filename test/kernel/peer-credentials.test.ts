import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, openSync, closeSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { peerCredentials } from '../../src/kernel/peer-credentials.ts'

function fdOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd
}

async function acceptOne(t: TestContext, server: Server, to: string | number): Promise<Socket> {
  const client = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to)
  const [accepted] = (await once(server, 'connection')) as [Socket]
  t.after(() => {
    client.destroy()
    accepted.destroy()
    server.close()
  })
  return accepted
}

test('the peer of a UNIX socket is known by pid, uid and gid', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'a.sock')
  const server = createServer()
  await once(server.listen(path), 'listening')
  const accepted = await acceptOne(t, server, path)
  assert.deepEqual(peerCredentials(fdOf(accepted)), {
    pid: process.pid,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  })
})

test('the peer of a TCP socket is nobody of this machine', async (t) => {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address() as { port: number }
  const accepted = await acceptOne(t, server, address.port)
  assert.equal(peerCredentials(fdOf(accepted)).uid, 0xffffffff)
})

test('a descriptor that is no socket is an error', () => {
  const fd = openSync('/dev/null', 'r')
  assert.throws(() => peerCredentials(fd), { code: 'ENOTSOCK', message: 'getsockopt: ENOTSOCK' })
  closeSync(fd)
})
