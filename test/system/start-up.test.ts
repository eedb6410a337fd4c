/** Starts that must not succeed: how they end, and that they change nothing. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createHome, type Home, type Result, runProgram, startDaemon } from '../support/daemon.ts'
import { assertResult } from '../support/golden.ts'
import { startScriptedWorld } from '../support/scripted-world.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'

async function prepare(t: TestContext, toml = account): Promise<Home> {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(toml)
  return home
}

/** Without what the loader, Node and the log of the start wrote to standard error too. */
function ownWords({ stderr, ...result }: Result): Result {
  const lines = stderr.split('\n').filter((line) => line.startsWith('cms-oauthd: '))
  return { ...result, stderr: lines.join('\n') }
}

for (const [name, value] of [
  ['NODE_OPTIONS', '--no-warnings'],
  ['NODE_DEBUG', 'none'],
  ['LD_PRELOAD', '/dev/null'],
  ['LD_AUDIT', '/dev/null'],
  ['LD_LIBRARY_PATH', '/nowhere'],
  ['SSLKEYLOGFILE', '/dev/null'],
  ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
  ['OPENSSL_CONF', '/dev/null'],
] as const) {
  test(`started past its first lines with ${name}, the daemon refuses and names it`, async (t) => {
    const home = await prepare(t)
    const env = { ...home.env, [name]: value }
    const result = await runProgram(process.execPath, [program], env)
    assert.equal(result.stdout, '')
    const key = 'started past its first lines with a variable that exposes tokens'
    assertResult(ownWords(result), 78, key, { name })
  })
}

for (const flag of ['--inspect=127.0.0.1:0', '--heap_prof', '--tls-keylog=/dev/null']) {
  test(`with ${flag} the daemon refuses`, async (t) => {
    const home = await prepare(t)
    // Its profile falls where it runs.
    const args = ['-C', home.directory, process.execPath, flag, program]
    const result = await runProgram('env', args, { ...home.env, NODE_V8_COVERAGE: undefined })
    assertResult(ownWords(result), 78, 'with a debugger or diagnostic option', { flag })
  })
}

test('a second daemon on the store ends with 75, and the first goes on', async (t) => {
  const home = await prepare(t)
  const first = await startDaemon(home)
  t.after(() => first.stop())
  const second = await runProgram(program, [], home.env)
  assert.equal(second.stdout, '')
  assertResult(second, 75, 'a second daemon on the store')
  assert.equal((await first.control.accounts()).pid, first.process.pid)
})

test('a renewer that dies at the start ends with 75: a restart may help', async (t) => {
  const key = '[store]\nkey = "command"\nkey_command = ["sh", "-c", "kill -9 $PPID"]\n'
  const home = await prepare(t, `${account}${key}`)
  const result = await runProgram(program, [], home.env)
  assertResult(ownWords(result), 75, 'a renewer that dies at the start', { signal: 'SIGKILL' })
})

test('what systemd would start again at once waits before it ends with 75, and ends when it is told to', async (t) => {
  const home = await prepare(t)
  const first = await startDaemon(home)
  t.after(() => first.stop())
  const env = { ...home.env, NOTIFY_SOCKET: '/nowhere' }
  const begin = performance.now()
  const second = await runProgram(program, [], env)
  assertResult(second, 75, 'a second daemon on the store')
  assert.ok(performance.now() - begin >= 3_000)
  const third = spawn(program, [], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(third, 'exit')
  await once(third.stderr, 'data')
  third.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
})

function contents(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
  return Object.fromEntries(files.map((path) => [path, readFileSync(path, 'base64')]))
}

test('a key command that fails ends with 78, and not one byte of the state has changed', async (t) => {
  const key = '[store]\nkey = "command"\nkey_command = ["false"]\n'
  const home = await prepare(t)
  const first = await startDaemon(home)
  assert.equal(await first.stop(), 0)
  writeFileSync(join(home.stateDirectory, 'bystander'), 'of somebody else')
  const before = contents(home.stateDirectory)
  await home.configure(`${account}${key}`)
  const result = await runProgram(program, [], home.env)
  assertResult(result, 78, 'a key command that fails', { program: '"false"' })
  assert.deepEqual(contents(home.stateDirectory), before)
})

for (const [what, key] of [
  ['another key', `${'0'.repeat(64)}\n`],
  ['half a key', `${'0'.repeat(30)}\n`],
] as const) {
  test(`${what} in the place of the store's own ends with 78, and not one byte of the state has changed`, async (t) => {
    const world = await startScriptedWorld('oidc')
    t.after(() => world.close())
    const { home, daemon, user } = world
    const accessToken = world.answerWell()
    await daemon.control.importGrant(user, { refresh_token: 'foreign' })
    assert.equal(await daemon.stop(), 0)
    const keyFile = join(home.directory, 'config', 'cms-oauth', 'store.key')
    const own = readFileSync(keyFile)
    writeFileSync(keyFile, key)
    const before = contents(home.directory)
    const result = await runProgram(program, [], home.env)
    assert.equal(result.stdout, '')
    assertResult(result, 78, `${what} in the place of the store's own`)
    assert.deepEqual(contents(home.directory), before)
    assert.ok(Object.keys(before).some((path) => path.endsWith('.grant')))

    // With its own key back the store is what it was.
    writeFileSync(keyFile, own)
    const refreshed = world.answerWell()
    world.daemon = await startDaemon(home)
    assert.equal(await world.ask(), refreshed)
    assert.notEqual(refreshed, accessToken)
  })
}

/** A configuration whose key command sends the daemon a signal before it prints the key. */
function signalling(signal: string): string {
  const daemon = `$(sed -n 's/^PPid:[^0-9]*//p' /proc/$PPID/status)`
  const script = `kill -${signal} ${daemon}; head -c 32 /dev/zero | base64`
  const command = JSON.stringify(['sh', '-c', script])
  return `${account}[store]\nkey = "command"\nkey_command = ${command}\n`
}

test('a SIGHUP before READY is kept: the configuration is read again as soon as the daemon serves', async (t) => {
  const home = await prepare(t, signalling('HUP'))
  const daemon = await startDaemon(home)
  t.after(() => daemon.stop())
  await daemon.logged(({ event }) => event === 'configuration.applied')
  assert.equal((await daemon.control.accounts()).accounts.length, 1)
})

for (const signal of ['TERM', 'INT']) {
  test(`a SIG${signal} before READY ends the start with 0, and leaves no socket behind`, async (t) => {
    const home = await prepare(t, signalling(signal))
    const { status, stdout, stderr } = await runProgram(program, [], home.env)
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
    assert.equal(existsSync(home.tokenSocket), false)
    assert.equal(existsSync(home.controlSocket), false)
  })
}

for (const signal of ['USR1', 'USR2', 'PIPE']) {
  test(`a SIG${signal} at any time changes nothing`, async (t) => {
    const home = await prepare(t, signalling(signal))
    const daemon = await startDaemon(home)
    daemon.process.kill(`SIG${signal}` as NodeJS.Signals)
    assert.equal((await daemon.control.accounts()).pid, daemon.process.pid)
    assert.equal(await daemon.stop(), 0)
  })
}
