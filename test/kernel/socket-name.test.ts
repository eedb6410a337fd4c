import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { socketPathOf } from '../../src/kernel/socket-name.ts'

async function listen(t: TestContext, where: { path: string } | { port: number; host: string }) {
  const server = createServer()
  t.after(() => server.close())
  await once(server.listen(where), 'listening')
  return (server as Server & { _handle: { fd: number } })._handle.fd
}

test('a UNIX socket has the path it is bound to, up to the longest there can be', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const longest = join(directory, 'x'.repeat(107 - directory.length - 1))
  for (const path of [join(directory, 'a.sock'), longest]) {
    assert.equal(socketPathOf(await listen(t, { path })), path)
  }
})

test('an abstract, a TCP socket and a file have no path', async (t) => {
  assert.equal(socketPathOf(await listen(t, { path: `\0cms-oauth-${process.pid}` })), undefined)
  assert.equal(socketPathOf(await listen(t, { port: 0, host: '127.0.0.1' })), undefined)
  const fd = openSync('/dev/null', 'r')
  assert.equal(socketPathOf(fd), undefined)
  closeSync(fd)
})
