import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isPeerThere, peerCredentials, peerGroups } from '../../src/kernel/peer-credentials.ts'

const skip = process.geteuid?.() === 0 ? false : 'needs root'

function fdOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd
}

async function socketPath(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rm(directory, { recursive: true }))
  return join(directory, 'a.sock')
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
  const path = await socketPath(t)
  const server = createServer()
  await once(server.listen(path), 'listening')
  const accepted = await acceptOne(t, server, path)
  assert.deepEqual(peerCredentials(fdOf(accepted)), {
    pid: process.pid,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  })
})

/** Has as many groups, and none of its user's. Needs root. */
async function groupsOfPeer(t: TestContext, groups: string): Promise<number[] | undefined> {
  const path = await socketPath(t)
  const server = createServer()
  await once(server.listen(path), 'listening')
  const source = `require('node:net').connect(process.argv[1]).resume()`
  const words = [groups, process.execPath, '-e', source, path]
  const child = spawn('setpriv', words, { stdio: 'ignore' })
  const [accepted] = (await once(server, 'connection')) as [Socket]
  t.after(() => {
    child.kill()
    accepted.destroy()
    server.close()
  })
  return peerGroups(fdOf(accepted))
}

test('the groups of a peer are those that the process has, however many', { skip }, async (t) => {
  assert.deepEqual(await groupsOfPeer(t, '--clear-groups'), [])
  const many = Array.from({ length: 300 }, (_, index) => 10_000 + index)
  for (const groups of [[8], many]) {
    assert.deepEqual(await groupsOfPeer(t, `--groups=${groups.join()}`), groups)
  }
})

test('the peer of a TCP socket is nobody of this machine', async (t) => {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address() as { port: number }
  const accepted = await acceptOne(t, server, address.port)
  assert.equal(peerCredentials(fdOf(accepted)).uid, 0xffffffff)
})

test('a descriptor that is not a socket is an error', () => {
  const fd = openSync('/dev/null', 'r')
  assert.throws(() => peerCredentials(fd), { code: 'ENOTSOCK', message: 'getsockopt: ENOTSOCK' })
  closeSync(fd)
})

test('who has connected is there, until the process is gone that did, whoever holds the socket', async (t) => {
  const path = await socketPath(t)
  const server = createServer()
  await once(server.listen(path), 'listening')
  const source = `const socket = require('node:net').connect(process.argv[1], () => {
    const { _handle: { fd } } = socket
    const { pid } = require('node:child_process')
      .spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', fd], detached: true })
    console.log(pid)
    process.stdin.once('data', () => process.exit())
  })`
  const child = spawn(process.execPath, ['-e', source, path], { stdio: ['pipe', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const said = once(child.stdout, 'data')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  const [holder] = await said
  t.after(() => {
    process.kill(Number(holder))
    accepted.destroy()
    server.close()
  })
  assert.equal(isPeerThere(fdOf(accepted)), true)
  child.stdin.write('\n')
  await exited
  assert.equal(accepted.closed, false)
  assert.equal(isPeerThere(fdOf(accepted)), !isToldByKernel())
})

/** Linux 6.5 has SO_PEERPIDFD. */
function isToldByKernel(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  return major > 6 || (major === 6 && minor >= 5)
}
