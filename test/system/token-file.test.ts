/** Token files of the real daemon, from the sign-in to the logout, through reloads, restarts and trouble. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { replaceFile } from '../../src/files/replaced-file.ts'
import { FaultyFileSystem } from '../daemon/token-file/faulty-file-system.ts'
import { type RunningDaemon, runClient, runProgram, startDaemon } from '../support/daemon.ts'
import { assertResult, expectedError } from '../support/golden.ts'
import { readAsPlugin } from '../support/sasl-xoauth2-file.ts'
import {
  scriptedAccountToml,
  type ScriptedWorld,
  startScriptedWorld,
} from '../support/scripted-world.ts'

const isRoot = process.geteuid?.() === 0
const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')

interface Stage extends Pick<ScriptedWorld, 'user' | 'server' | 'home' | 'daemon'> {
  /** Where the token files lie. */
  directory: string
  path: string
  /** What the token socket answers. */
  ask: () => Promise<string>
  /** Has the provider's next answer be a good one, with the access token that comes back. */
  answerWell: () => string
  /** Configures these entries and reloads. */
  reload: (...entries: string[]) => Promise<void>
  /** Gives the account a grant and its first token, which is what comes back. */
  signIn: () => Promise<string>
  text: () => string | undefined
}

/** A daemon with one [[token_file]]; nobody is signed in. */
async function start(t: TestContext): Promise<Stage> {
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  const { home, user, server, daemon } = world
  const directory = join(home.directory, 'tokens')
  const path = join(directory, user)
  mkdirSync(directory)
  const stage: Stage = {
    user,
    server,
    home,
    daemon,
    directory,
    path,
    ask: () => world.ask(),
    answerWell: () => world.answerWell(),
    reload: async (...entries) => {
      await home.configure(scriptedAccountToml(server.url, user, 'oidc') + entries.join(''))
      await daemon.control.reload()
    },
    signIn: async () => {
      const accessToken = world.answerWell()
      await daemon.control.importGrant(user, { refresh_token: 'canary-foreign' })
      return accessToken
    },
    text: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  }
  await stage.reload(entry(path))
  return stage
}

function entry(path: string, keys = 'format = "token"\n', user = 'user@example.com'): string {
  return `[[token_file]]\npath = "${path}"\naccount = "${user}"\n${keys}`
}

/** Resolves with the newest line of an event about a file. */
function logged(daemon: RunningDaemon, event: string, path: string) {
  return daemon.logged((line) => line.event === event && line['path'] === path)
}

test('a sign-in writes the file, a refresh replaces it, a logout has removed it when it returns', async (t) => {
  const { signIn, text, ask, answerWell, path, daemon, home, user } = await start(t)
  assert.equal(text(), undefined)
  const first = await signIn()
  assert.equal(text(), first)
  assert.equal(await ask(), first)
  assert.equal(statSync(path).mode & 0o7777, 0o600)
  const second = answerWell()
  assert.equal((await runClient(home, ['refresh', user])).status, 0)
  assert.equal(text(), second)
  assert.equal((await runClient(home, ['logout', user])).status, 0)
  assert.equal(text(), undefined)
  await logged(daemon, 'token_file.removed', path)
  assert.doesNotMatch(JSON.stringify(daemon.log), /canary/)
})

test('the plugin of Postfix can read what is written for it', async (t) => {
  const { signIn, reload, text, path, user } = await start(t)
  await reload(entry(path, 'format = "sasl-xoauth2"\n'))
  const accessToken = await signIn()
  const read = readAsPlugin(text() ?? '')
  assert.deepEqual([read.accessToken, read.user], [accessToken, user])
  assert.ok(Math.abs(read.expiryS - Date.now() / 1_000 - 3_600) < 60)
})

test(
  'owner, group and mode are those of the entry',
  { skip: !isRoot && 'needs root' },
  async (t) => {
    const { signIn, reload, path } = await start(t)
    const keys = 'format = "token"\nowner = "64321"\ngroup = "64322"\nmode = "0640"\n'
    await reload(entry(path, keys))
    await signIn()
    const { uid, gid, mode } = statSync(path)
    assert.deepEqual([uid, gid, mode & 0o7777], [64_321, 64_322, 0o640])
  },
)

test('a reload writes, changes and removes files, and leaves alone what did not change', async (t) => {
  const { signIn, reload, text, path, directory } = await start(t)
  const token = await signIn()
  const { ino } = statSync(path)
  const other = join(directory, 'other')
  await reload(entry(path), entry(other, 'format = "xoauth2"\n'))
  assert.equal(statSync(path).ino, ino)
  assert.match(readFileSync(other, 'utf8'), new RegExp(`auth=Bearer ${token}`))
  await reload(entry(path, 'format = "token"\nmode = "0644"\n'))
  assert.equal(statSync(path).mode & 0o7777, 0o644)
  assert.deepEqual(readdirSync(directory), ['user@example.com'])
  await reload()
  assert.equal(text(), undefined)
})

test('an account that leaves the configuration takes its file along', async (t) => {
  const { signIn, text, home, server, daemon, path } = await start(t)
  await signIn()
  const other = 'other@example.com'
  const keys = 'format = "token"\n'
  await home.configure(scriptedAccountToml(server.url, other, 'oidc') + entry(path, keys, other))
  await daemon.control.reload()
  assert.equal(text(), undefined)
})

test('a restart leaves the file, and replaces it as soon as there is a token', async (t) => {
  const { signIn, text, answerWell, daemon, home, path } = await start(t)
  const first = await signIn()
  await daemon.stop()
  assert.equal(text(), first)
  const second = answerWell()
  const next = await startDaemon(home)
  t.after(() => next.stop())
  await logged(next, 'token_file.written', path)
  assert.equal(text(), second)
})

test('after kill -9 the leftovers go and the file is written again', async (t) => {
  const { signIn, text, answerWell, daemon, home, path, directory } = await start(t)
  await signIn()
  const fs = new FaultyFileSystem()
  fs.fault = { call: 'renameSync', code: 'EIO' }
  const dying = Object.assign(Object.create(fs) as FaultyFileSystem, { unlinkSync: () => {} })
  const rights = { mode: 0o600, ownership: undefined }
  assert.throws(() => replaceFile(path, 'half', rights, dying))
  assert.equal(readdirSync(directory).length, 2)
  await daemon.stop('SIGKILL')
  const second = answerWell()
  const next = await startDaemon(home)
  t.after(() => next.stop())
  await logged(next, 'token_file.written', path)
  assert.equal(text(), second)
  assert.deepEqual(readdirSync(directory), ['user@example.com'])
})

test('a restart in an outage removes what nobody vouches for, and says so', async (t) => {
  const { signIn, text, answerWell, server, daemon, home, path, user } = await start(t)
  await signIn()
  await daemon.stop()
  server.answer({ status: 503 })
  const next = await startDaemon(home)
  t.after(() => next.stop())
  const line = await logged(next, 'token_file.expired', path)
  assert.equal(line['level'], 'warn')
  assert.equal(text(), undefined)
  const token = answerWell()
  await next.control.refresh(user)
  assert.equal(text(), token)
})

test('a missing directory is told by log, event and status, and costs no token', async (t) => {
  const { signIn, ask, answerWell, daemon, home, path, directory, user } = await start(t)
  rmSync(directory, { recursive: true })
  const events = daemon.control.events(t.signal)[Symbol.asyncIterator]()
  const event = events.next()
  const token = await signIn()
  assert.equal(await ask(), token)
  const message = `the token file "${path}" cannot be written: ENOENT (no such file or directory)`
  const hint = `make the directory "${directory}", and give those who read the file search permission on it`
  const line = await logged(daemon, 'token_file.failed', path)
  assert.deepEqual([line['message'], line['hint']], [message, hint])
  assert.ok(!(await event).done)
  for (;;) {
    const { value } = (await events.next()) as { value: { event: string; detail?: string } }
    if (value.event !== 'token_file.failed') continue
    assert.equal(value.detail, message)
    break
  }
  const { status, stdout } = await runClient(home, ['status', '--json'])
  assert.equal(status, 1)
  const [account] = (await daemon.control.accounts()).accounts
  assert.equal(account?.action, hint)
  const file = { path, protocol: 'SMTP', format: 'token', expires_at: null, problem: message }
  assert.deepEqual(account?.token_files, [file])
  assert.ok(stdout.includes(JSON.stringify(message)))
  mkdirSync(directory)
  const next = answerWell()
  await daemon.control.refresh(user)
  assert.equal(readFileSync(path, 'utf8'), next)
  const fixed = await runClient(home, ['status', '--json'])
  assert.equal(fixed.status, 0)
  assert.doesNotMatch(fixed.stdout, /canary/)
})

test('an owner that cannot be given ends the start with 78, and a reload changes nothing', async (t) => {
  const { signIn, text, daemon, home, server, user, path } = await start(t)
  const token = await signIn()
  const toml = (keys: string) =>
    scriptedAccountToml(server.url, user, 'oidc') + entry(path, `format = "token"\n${keys}`)

  await home.configure(toml('group = "no-such-group"\n'))
  const names = { setting: 'group = "no-such-group"' }
  const unknown = expectedError('config_invalid', 'a group that is not known, at a reload', names)
  await assert.rejects(daemon.control.reload(), unknown)
  assert.equal(text(), token)

  await daemon.stop()
  const refused = await runProgram(program, [], home.env)
  assertResult(refused, 78, 'a group that is not known, at the start', names)

  await home.configure(toml('owner = "4321"\n'))
  // Root may give files away unless the capability is taken from it, as a service's unit does.
  const argv = ['setpriv', '--bounding-set=-chown', '--inh-caps=-chown', program]
  const [command = '', ...args] = isRoot ? argv : [program]
  const result = await runProgram(command, args, home.env)
  const setting = 'owner = "4321"'
  assertResult(result, 78, 'an owner that cannot be given', { path, setting, errno: 'EPERM' })
  assert.equal(text(), token)
})
