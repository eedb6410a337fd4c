import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { probeControlSocket } from '../../src/control/probe.ts'

async function listen(t: TestContext, serve: (socket: Socket) => void): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  const path = join(directory, 'control.sock')
  const server: Server = createServer(serve)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => {
    server.close()
    rmSync(directory, { recursive: true })
  })
  return path
}

const refused = (path: string, reason: string) => ({
  code: 'daemon_unreachable',
  message: `the control socket "${path}" does not answer: ${reason}`,
})

test('a control socket that answers is known by the status', async (t) => {
  let request = ''
  const path = await listen(t, (socket) => {
    socket.on('data', (chunk) => {
      request += String(chunk)
      socket.end('HTTP/1.1 200 OK\r\n\r\n{}')
    })
  })
  await probeControlSocket(path)
  assert.match(request, /^GET \/v1\/accounts HTTP\/1\.1\r\n/)
})

test('any other status is a refusal, named by its line', async (t) => {
  const path = await listen(t, (socket) => socket.resume().end('HTTP/1.1 500 No\r\n\r\n'))
  await assert.rejects(probeControlSocket(path), refused(path, 'HTTP/1.1 500 No'))
})

test('a socket that says nothing, and one that is not there, are refusals', async (t) => {
  const path = await listen(t, (socket) => socket.resume().end())
  await assert.rejects(probeControlSocket(path), refused(path, ''))
  const absent = `${path}.absent`
  await assert.rejects(probeControlSocket(absent), refused(absent, `connect ENOENT ${absent}`))
})
