import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ControlClient } from '../../../src/client/control-client.ts'
import { survey } from '../../../src/client/doctor/survey.ts'
import { ConfigInvalidError, isCmsOauthError } from '../../../src/errors.ts'

test('a daemon that is frozen is asked once, not for its diagnosis too', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'survey-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const controlPath = join(directory, 'control.sock')
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => {}).resume()
  })
  await new Promise<void>((resolve) => server.listen(controlPath, resolve))
  t.after(() => server.close())
  const control = new ControlClient(controlPath, 50)
  const everybody = await control.accounts().catch((error: unknown) => error)
  assert.ok(isCmsOauthError(everybody))
  const configuration = new ConfigInvalidError('none')
  const { daemon } = await survey({ configuration, controlPath, control, everybody })
  assert.equal(daemon, everybody)
  assert.equal(connections, 1)
})
