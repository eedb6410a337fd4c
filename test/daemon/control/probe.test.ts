import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { probeControlSocket } from '../../../src/daemon/control/probe.ts'
import { expectedError } from '../../support/golden.ts'

async function listen(t: TestContext, serve: (socket: Socket) => void): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  const path = join(directory, 'control.sock')
  const server: Server = createServer({ allowHalfOpen: true }, serve)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => {
    server.close()
    rmSync(directory, { recursive: true })
  })
  return path
}

test('a control socket that releases who asks nothing is there', async (t) => {
  const path = await listen(t, (socket) => socket.resume().on('end', () => socket.end()))
  await probeControlSocket(path)
})

test('one that is not there, and one that does not let go, are refusals', async (t) => {
  const path = await listen(t, () => {})
  await assert.rejects(
    probeControlSocket(path, 20),
    expectedError('daemon_unreachable', 'one that does not let go', { path }),
  )
  const absent = `${path}.absent`
  await assert.rejects(
    probeControlSocket(absent),
    expectedError('daemon_unreachable', 'one that is not there', { path: absent, errno: 'ENOENT' }),
  )
})
