import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { listeningAddressOf } from '../../src/kernel/listening-address.ts'
import { openDatagramSocket } from '../support/unix-socket.ts'

function descriptorOf(holder: object): number {
  return (holder as { _handle: { fd: number } })._handle.fd
}

async function listen(
  t: TestContext,
  where: { path: string } | { port: number; host: string },
): Promise<Server> {
  const server = createServer()
  t.after(() => server.close())
  await once(server.listen(where), 'listening')
  return server
}

test('a UNIX socket has the path it is bound to, up to the longest there can be', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const longest = join(directory, 'x'.repeat(107 - directory.length - 1))
  for (const path of [join(directory, 'a.sock'), longest]) {
    assert.deepEqual(listeningAddressOf(descriptorOf(await listen(t, { path }))), { path })
  }
})

for (const [host, expected] of [
  ['127.0.0.1', '127.0.0.1'],
  ['127.1.2.3', '127.1.2.3'],
  ['0.0.0.0', '0.0.0.0'],
  ['::1', '::1'],
  ['::', '::'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
] as const) {
  test(`a port of ${host} is one of ${expected}`, async (t) => {
    const server = await listen(t, { port: 0, host })
    const { port } = server.address() as AddressInfo
    assert.deepEqual(listeningAddressOf(descriptorOf(server)), { host: expected, port })
  })
}

test('an abstract socket, a connection, a datagram socket and a file listen nowhere', async (t) => {
  const abstract = await listen(t, { path: `\0cms-oauth-${process.pid}` })
  assert.equal(listeningAddressOf(descriptorOf(abstract)), undefined)
  const server = await listen(t, { port: 0, host: '127.0.0.1' })
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => client.destroy())
  await once(client, 'connect')
  assert.equal(listeningAddressOf(descriptorOf(client)), undefined)
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const datagrams = openDatagramSocket(join(directory, 'datagrams'))
  assert.equal(listeningAddressOf(datagrams), undefined)
  closeSync(datagrams)
  const fd = openSync('/dev/null', 'r')
  assert.equal(listeningAddressOf(fd), undefined)
  closeSync(fd)
})
