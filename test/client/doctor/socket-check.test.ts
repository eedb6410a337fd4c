import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkSocket } from '../../../src/client/doctor/socket-check.ts'
import { assertFinding } from '../../support/golden.ts'

/** A listening socket that is configured with mode 0600, and its directory; both with these modes. */
async function listen(t: TestContext, modes: { socket: number; directory: number }) {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'cms.sock')
  const server = createServer()
  t.after(() => server.close())
  await once(server.listen(path), 'listening')
  chmodSync(path, modes.socket)
  chmodSync(directory, modes.directory)
  return { directory, socket: { path, mode: 0o600, protocols: ['SMTP'], reply: 'token' } as const }
}

for (const [mode, isSafe] of [
  [0o700, true],
  [0o755, true],
  [0o777, false],
  [0o1777, true],
] as const) {
  test(`a directory of mode ${mode.toString(8)} is ${isSafe ? 'fine' : 'named'}`, async (t) => {
    const { directory, socket } = await listen(t, { socket: 0o600, directory: mode })
    const [found] = await checkSocket(socket, process.getuid?.())
    assert.equal(found?.level, isSafe ? 'ok' : 'failure')
    if (isSafe) return
    assert.equal(found?.code, 'insecure_file_mode')
    assertFinding(found, 'failure', 'a directory that everybody may write', { directory })
  })
}

test('the mode of a socket that systemd made for the daemon is that of its unit', async (t) => {
  const { socket } = await listen(t, { socket: 0o660, directory: 0o755 })
  const uid = process.getuid?.() ?? 0
  const [ofUnit] = await checkSocket(socket, uid + 1)
  assert.equal(ofUnit?.level, 'ok')
  const [ofDaemon] = await checkSocket(socket, uid)
  assert.equal(ofDaemon?.level, 'warning')
})

test('a socket of another group than the configured one is one fault, not two', async (t) => {
  const { socket } = await listen(t, { socket: 0o660, directory: 0o755 })
  const found = await checkSocket({ ...socket, mode: 0o660, group: 'mail' }, process.getuid?.())
  assert.deepEqual(
    found.map((each) => [each.level, each.code]),
    [['failure', 'not_permitted']],
  )
})
