/** What is said where an outbox does not answer, by what the kernel said and what is at the path. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { isCmsOauthError } from '../../src/errors.ts'
import { askOutbox, noAnswer } from '../../src/socket-client/ask-outbox.ts'
import { temporaryDirectory } from '../daemon/socket/token-socket.ts'
import { assertSentence } from '../support/golden.ts'

function sentence({ message, hint }: { message: string; hint: string }): string {
  return `${message}; ${hint}`
}

/** What a listener that is there and does not answer comes to: a daemon that hangs, or whose socket systemd holds. */
const codes = {
  ETIMEDOUT: 'restart the',
  EAGAIN: 'restart',
  ECONNREFUSED: 'start the',
  ENOENT: 'start the',
  ECONNRESET: 'restart',
  EACCES: 'doctor',
}

for (const [code, step] of Object.entries(codes)) {
  test(`${code} has a next step that fits`, () => {
    const path = '/run/cms-oauth/none.sock'
    const error = noAnswer(path, { code })
    assert.ok(error.hint.includes(step), error.hint)
    assertSentence(sentence(error), code, { path })
  })
}

/** What may be at the path in place of a socket on which somebody listens. */
const places: Record<string, (path: string, t: TestContext) => unknown> = {
  nothing: () => {},
  'a directory': (path) => mkdirSync(path),
  'a file': (path) => writeFileSync(path, ''),
  'a pipe': (path) => spawnSync('mkfifo', [path]),
  'a socket that is left of a process': (path) =>
    spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`,
      path,
    ]),
  'a server that ends each connection': (path, t) =>
    new Promise<void>((resolve) => {
      const server = createServer((socket) => socket.destroy())
      t.after(() => server.close())
      server.listen(path, resolve)
    }),
}

for (const [what, put] of Object.entries(places)) {
  test(`${what} at the path is said, with a next step`, async (t) => {
    const path = join(temporaryDirectory(t), 'outbox.sock')
    await put(path, t)
    const error: unknown = await askOutbox(path, { method: 'GET', path: '/v1/limits' }).catch(
      (caught: unknown) => caught,
    )
    assert.ok(isCmsOauthError(error) && error.code === 'daemon_unreachable', String(error))
    assert.notEqual(error.hint, '')
    assertSentence(sentence(error).replace(/E[A-Z]+ \([a-z ]+\)/, 'ERRNO'), what, { path })
  })
}
