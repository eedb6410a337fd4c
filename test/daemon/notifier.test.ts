import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type Notice, notify } from '../../src/daemon/notifier.ts'
import type { Log, LogFields } from '../../src/logging/log.ts'

const notice: Notice = {
  event: 'sign_in_required',
  user: 'user@example.com',
  message: 'user@example.com must sign in again',
}

interface Warning extends LogFields {
  event: string
}

const unexpected = () => assert.fail('an unexpected line')

/** A log that hands out its next warning; anything else fails the test. */
function warningLog(): { log: Log; warning: Promise<Warning> } {
  const { promise, resolve } = withResolvers<Warning>()
  const warn = (event: string, fields: LogFields = {}) => resolve({ event, ...fields })
  return {
    log: { debug: unexpected, info: unexpected, error: unexpected, warn },
    warning: promise,
  }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** Where a command tells its environment; `heard` resolves with that of the first. */
async function listen(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'heard')
  const server = createServer()
  t.after(() => server.close())
  await once(server.listen(path), 'listening')
  const heard = once(server, 'connection').then(
    async ([socket]) => JSON.parse(await text(socket)) as NodeJS.ProcessEnv,
  )
  const script = 'require("net").connect(process.argv[1]).end(JSON.stringify(process.env))'
  return { command: [process.execPath, '-e', script, path], heard }
}

test('the command is run with the notice in its environment', async (t) => {
  const { command, heard } = await listen(t)
  notify(command, { ...notice, url: 'http://localhost:1/x' }, warningLog().log)
  const env = await heard
  assert.equal(env['CMS_OAUTH_EVENT'], 'sign_in_required')
  assert.equal(env['CMS_OAUTH_USER'], 'user@example.com')
  assert.equal(env['CMS_OAUTH_MESSAGE'], 'user@example.com must sign in again')
  assert.equal(env['CMS_OAUTH_URL'], 'http://localhost:1/x')
  assert.equal(env['PATH'], process.env['PATH'])
})

test('the URL is empty where no sign-in is open', async (t) => {
  const { command, heard } = await listen(t)
  notify(command, notice, warningLog().log)
  assert.equal((await heard)['CMS_OAUTH_URL'], '')
})

test('no command, nothing to do', () => {
  notify([], notice, warningLog().log)
})

for (const [what, argv, reason] of [
  ['is missing', ['/nowhere/notify'], /^spawn \/nowhere\/notify ENOENT$/],
  ['exits with a failure', ['sh', '-c', 'exit 3'], /^"sh" ended with 3$/],
  ['dies by a signal', ['sh', '-c', 'kill -9 $$'], /^"sh" ended with SIGKILL$/],
  ['cannot be started as written', ['sh', '\0'], /without null bytes/],
] as const) {
  test(`a command that ${what} is logged and does no harm`, async () => {
    const { log, warning } = warningLog()
    // Node's timer for a command that never began holds this process to its end.
    const deadlineMs = what === 'is missing' ? 1 : undefined
    notify(argv, notice, log, deadlineMs)
    const { event, user, reason: told } = await warning
    assert.deepEqual({ event, user }, { event: 'notify.failed', user: 'user@example.com' })
    assert.match(told ?? '', reason)
  })
}

test('a command that hangs is killed at its deadline, whatever signals it ignores', async () => {
  const { log, warning } = warningLog()
  notify(['sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done'], notice, log, 100)
  assert.equal((await warning).reason, '"sh" ended with SIGKILL')
})
