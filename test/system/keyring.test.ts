/** The real daemon, whose store's key is in a real keyring. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { keyMoves } from '../../src/man-pages/store-key-section.ts'
import { runClient, runProgram, startDaemon } from '../support/daemon.ts'
import { startDesktopSession } from '../support/desktop-session.ts'
import { startScriptedWorld } from '../support/scripted-world.ts'
import { assertResult, assertSentence } from '../support/golden.ts'

const root = join(import.meta.dirname, '..', '..')
const daemonProgram = join(root, 'bin', 'cms-oauthd.js')

/** Somebody signed in while the key was in a file; then the daemon was stopped. */
async function start(t: TestContext) {
  const session = await startDesktopSession(t)
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  const { home, daemon, user } = world
  world.answerWell()
  await daemon.control.importGrant(user, { refresh_token: 'foreign' })
  assert.equal(await daemon.stop(), 0)
  const { DBUS_SESSION_BUS_ADDRESS } = session.env
  Object.assign(home.env, { DBUS_SESSION_BUS_ADDRESS })
  const toml = readFileSync(home.configFile, 'utf8')
  return {
    world,
    session,
    keyFile: join(home.directory, 'config', 'cms-oauth', 'store.key'),
    useKey: (from: string) => home.configure(`${toml}[store]\nkey = "${from}"\n`),
    /** Runs a command of cms-oauth.toml(5). */
    runDocumented: async (command: string) => {
      const here = command
        .replaceAll('~/.local/state', join(home.directory, 'state'))
        .replaceAll('~/.config', join(home.directory, 'config'))
      assert.deepEqual(await runProgram('sh', ['-c', here], home.env), {
        status: 0,
        stdout: '',
        stderr: '',
      })
    },
  }
}

function contents(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
  return Object.fromEntries(files.map((path) => [path, readFileSync(path, 'base64')]))
}

test('the key moves into the keyring and back as documented, and the sign-in stays', async (t) => {
  const { world, keyFile, useKey, runDocumented } = await start(t)
  const serve = async () => {
    const token = world.answerWell()
    world.daemon = await startDaemon(world.home)
    assert.equal(await world.ask(), token)
  }
  await runDocumented(keyMoves.intoKeyring)
  const own = readFileSync(keyFile)
  rmSync(keyFile)
  await useKey('keyring')
  await serve()
  const { stdout } = await runClient(world.home, ['doctor'])
  const lines = stdout.split('\n')
  for (const subject of ['renewer', 'key']) {
    const line = lines.find((each) => new RegExp(`^ok +${subject} `).test(each))
    assertSentence(line, `the line of doctor about ${subject}`)
  }

  await useKey('file')
  const reload = await runClient(world.home, ['reload'])
  const names = { path: world.home.configFile, section: '[store]' }
  assertResult(reload, 78, 'another place of the key at a reload', names)
  assert.equal(await world.daemon.stop(), 0)

  await runDocumented(keyMoves.intoFile)
  assert.deepEqual(readFileSync(keyFile), own)
  assert.equal(statSync(keyFile).mode & 0o777, 0o600)
  await serve()
})

test('a store whose key is not in the keyring ends with 78, and not one byte has changed', async (t) => {
  const { world, session, useKey } = await start(t)
  await useKey('keyring')
  const before = contents(world.home.directory)
  const { status, stdout, stderr } = await runProgram(daemonProgram, [], world.home.env)
  assert.deepEqual({ status, stdout }, { status: 78, stdout: '' })
  const { stateDirectory } = world.home
  assertSentence(
    stderr,
    'a store whose key is not in the keyring ends with 78, and not one byte has changed',
    { stateDirectory },
  )
  assert.deepEqual(contents(world.home.directory), before)
  const found = await session.secretTool(['search', 'application', 'cms-oauth'])
  assert.equal(found.stdout, '')
})

test('a daemon that starts before the log-in serves once the keyring is unlocked', async (t) => {
  const { world, session, useKey, runDocumented } = await start(t)
  await runDocumented(keyMoves.intoKeyring)
  await useKey('keyring')
  await session.lock()
  const token = world.answerWell()
  const { home } = world
  const child = spawn(daemonProgram, { env: home.env, stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  const lines: { event: string; reason?: string }[] = []
  for await (const line of createInterface(child.stderr)) {
    const read = JSON.parse(line) as (typeof lines)[number]
    lines.push(read)
    if (read.event === 'store.waiting') await session.unlock()
    if (read.event === 'daemon.started') break
  }
  assert.equal(await world.ask(), token)
  child.kill()
  assert.deepEqual(await exited, [0, null])
  const [first, ...others] = lines
  assert.equal(first?.event, 'store.waiting')
  assertSentence(
    first?.reason,
    'a daemon that starts before the log-in serves once the keyring is unlocked',
  )
  assert.deepEqual(
    others.filter(({ event }) => event === 'store.waiting'),
    [],
  )
  assert.equal(existsSync(session.dialogFile), false)
})

test('without a session there is an error with the next step, and status 78', async (t) => {
  const { world, useKey } = await start(t)
  await useKey('keyring')
  const { status, stderr } = await runProgram(daemonProgram, [], {
    ...world.home.env,
    DBUS_SESSION_BUS_ADDRESS: undefined,
  })
  assert.equal(status, 78)
  assertSentence(stderr, 'without a session there is an error with the next step, and status 78')
  assert.equal(existsSync(world.home.controlSocket), false)
})
