/** The reader's process, as it is built, and processes that are not one. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ConfigurationReader } from '../../src/child-process/configuration-reader.ts'
import { describeConfiguration } from '../../src/configuration-file/describe.ts'
import { loadConfiguration } from '../../src/configuration-file/load.ts'
import { expectedError } from '../support/golden.ts'

const program = join(import.meta.dirname, '..', '..', 'dist', 'cms-oauth-configuration.cjs')

function createDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

function write(t: TestContext, text: string, name = 'config.toml'): string {
  const file = join(createDirectory(t), name)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

test('what the process reads is what a caller of its own would read', async (t) => {
  const file = write(
    t,
    `[[account]]
user = "user@example.com"
provider = "gmail"
client_id = "id"
client_secret = "secret"
[[socket]]
mode = "0660"
allow = { users = ["mail"] }
[notify]
command = ["notify-send"]
`,
  )
  const env = { HOME: homedir(), CMS_OAUTH_CONFIG: file, XDG_RUNTIME_DIR: '/run/nobody' }
  const expected = loadConfiguration({ env })
  const reader = new ConfigurationReader({ modulePath: program, env })
  assert.deepEqual(await reader.load(), expected)
  const elsewhere = new ConfigurationReader({
    modulePath: program,
    env: { ...env, CMS_OAUTH_CONFIG: '/nowhere' },
  })
  assert.deepEqual(await elsewhere.load(file), expected)
})

test('the description is handed over whole', async () => {
  const reader = new ConfigurationReader({ modulePath: program, env: {} })
  assert.equal(await reader.describe(), describeConfiguration())
})

test('a refusal keeps its code, its lines and its hint', async (t) => {
  const file = write(t, '[[acount]]\nuser = "user@example.com"\n')
  const reader = new ConfigurationReader({ modulePath: program, env: {} })
  const refusal = (() => {
    try {
      return loadConfiguration({ file, env: {} })
    } catch (error) {
      return error as Error & { code: string; hint: string }
    }
  })()
  assert.ok(refusal instanceof Error)
  const { code, message, hint } = refusal
  assert.equal(code, 'config_invalid')
  await assert.rejects(reader.load(file), { code, message, hint })
})

/** A program that says a line to the daemon. */
const say = (line: string) => `require('node:fs').writeSync(3, ${JSON.stringify(`${line}\n`)})`

test('a process that dies, says nothing or cannot be started costs one reading', async (t) => {
  const cases = {
    'process.kill(process.pid, "SIGKILL")': 'the reader exited with SIGKILL',
    'process.exit(3)': 'the reader exited with status 3',
    'new (require("node:net").Socket)({ fd: 3 }).end()': 'the reader exited with status 0',
    [say('garbage')]: 'the reader is not understood: a message is not JSON',
    [say('{}')]: 'the reader is not understood: a message is not as agreed at ".type"',
    [say('{"type":"result","result":{}}')]:
      'the reader is not understood: the result is not as agreed at ".file"',
    [say('{"type":"failure","error":"no"}')]:
      'the reader is not understood: a message is not as agreed at ".error"',
    [say('{"cmd":"NODE_HANDLE","type":"x"}')]:
      'the reader is not understood: a message is not as agreed at ".type"',
    [say('{"type":"crash","report":{"kind":"TypeError","frames":["load.cjs:1"]}}')]:
      'the reader met an error of its own (TypeError, load.cjs:1)',
  }
  for (const [text, reason] of Object.entries(cases)) {
    const modulePath = write(t, text, 'reader.cjs')
    const reader = new ConfigurationReader({ modulePath, env: {}, limitMs: 60_000 })
    const message = `the configuration could not be read: ${reason}`
    await assert.rejects(reader.load(), { code: 'provider_unavailable', message })
  }
})

/** Ways in which a reader never ends; each says its pid first. */
const hanging = {
  'says nothing': 'setInterval(() => {}, 60_000)',
  'ignores signals': `for (const s of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(s, () => {}); setInterval(() => {}, 60_000)`,
  'reads a FIFO that nobody writes': `require('node:fs').readFileSync(__dirname + '/fifo')`,
  'is stopped': `process.kill(process.pid, 'SIGSTOP')`,
  'closes its channel': `new (require('node:net').Socket)({ fd: 3 }).end(); setInterval(() => {}, 60_000)`,
}

for (const [what, text] of Object.entries(hanging)) {
  test(`a reader that ${what} is killed at its deadline, and the next reading works`, async (t) => {
    const modulePath = write(
      t,
      `require('node:fs').writeFileSync(__dirname + '/pid', String(process.pid)); ${text}`,
      'reader.cjs',
    )
    const directory = dirname(modulePath)
    execFileSync('mkfifo', [join(directory, 'fifo')])
    const reader = new ConfigurationReader({ modulePath, env: {}, limitMs: 1_500 })
    const path = '/etc/cms-oauth/config.toml'
    await assert.rejects(
      reader.load(path),
      expectedError('provider_unavailable', 'a reader that hangs', { path, limit: '1.5 s' }),
    )
    // On a machine that is busy it may have been killed before it could say who it is.
    const said = join(directory, 'pid')
    while (existsSync(said) && isAlive(Number(readFileSync(said, 'utf8')))) await delay(5)
    writeFileSync(modulePath, say('{"type":"result","result":"read"}'))
    const patient = new ConfigurationReader({ modulePath, env: {} })
    assert.equal(await patient.describe(), 'read')
  })
}

test('what a reader has answered counts, also when it does not end', async (t) => {
  const text = `${say('{"type":"result","result":"read"}')}; setInterval(() => {}, 60_000)`
  const modulePath = write(t, text, 'reader.cjs')
  const reader = new ConfigurationReader({ modulePath, env: {}, limitMs: 5_000 })
  assert.equal(await reader.describe(), 'read')
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
