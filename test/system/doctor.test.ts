/** `cms-oauth doctor` before the real daemon, in good worlds and in broken ones. */
import assert from 'node:assert/strict'
import { chmod, chown, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findGroupId } from '../../src/kernel/user-database.ts'
import { version } from '../../src/package/version.ts'
import { runClient } from '../support/daemon.ts'
import { signedIn, signIn, troubles, user } from '../support/doctor-world.ts'
import { assertResult, assertSentence } from '../support/golden.ts'
import { type ScriptedWorld, startScriptedWorld } from '../support/scripted-world.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

/** What differs from run to run and from machine to machine, by a name. */
function withoutChance(text: string): string {
  return text
    .replace(/^ok +libraries .*\n/gm, '')
    .replace(/uid \d+, Node [\d.]+/, 'uid {uid}, Node {node}')
    .replace(/\d+ s from/, '{n} s from')
    .replace(/\S+:\S+; reached by user "[^"]+"/g, '{owner}; reached by user "{owner}"')
}

/** The world of the tests that leave the daemon running; its provider answers what a test requires. */
let shared: ScriptedWorld
let base: string

before(async () => {
  shared = await startScriptedWorld('office365')
  base = await readFile(shared.home.configFile, 'utf8')
  await signIn(shared)
})
after(() => shared.close())

/** The shared world as it was at first. */
async function sharedWorld(): Promise<ScriptedWorld> {
  const { home, daemon } = shared
  await chmod(home.directory, 0o700)
  await home.configure(base)
  await daemon.control.reload()
  shared.answerWell()
  await daemon.control.refresh(user)
  return shared
}

test('a good world is ok in every line', async (t) => {
  const world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength: 1_800 })
  const daemon = await startSignedIn(world, accountToml(world))
  try {
    const { status, stdout, stderr } = await runClient(world.home, [
      'doctor',
      user,
      `--test-smtp=localhost:${world.mail.port}`,
    ])
    // What confines it is the kernel's, and whose session it is the machine's: test/configuration-file/inspection/confinement.test.ts.
    const report = withoutChance(stdout).replace(/^ok +(?:confinement|session) .*\n/gm, '')
    assertSentence(report, 'a good world', { version, user })
    assert.match(stdout, /^(?:ok .*\n)+\n0 failures, 0 warnings\n$/)
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
    const imap = await runClient(world.home, ['doctor', '--test-imap=localhost'])
    assertSentence(troubles(imap, 'login'), 'no login without a socket', { protocol: 'IMAP' })
    const refused = await runClient(world.home, ['doctor', 'nobody@example.com'])
    assert.equal(refused.stdout, '')
    assertResult(refused, 67, 'an unknown account', { nobody: 'nobody@example.com' })
    await world.home.configure(`${accountToml(world)}sasl_user = { SMTP = "other@example.com" }\n`)
    await daemon.control.reload()
    await t.test('a mail server that refuses the login is quoted, with the next step', async () => {
      const args = ['doctor', `--test-smtp=localhost:${world.mail.port}`]
      const result = await runClient(world.home, args)
      assert.equal(result.status, 77)
      assertSentence(troubles(result, 'login'), 'a login as somebody else', { code: '535' })
    })
  } finally {
    await daemon.stop()
    await world.close()
  }
})

test('a directory that the group of a socket may not search is named, and which bit opens it', async () => {
  const { home } = await sharedWorld()
  const directory = join(home.directory, 'exim')
  const names = ['cms', 'foreign', 'tight', 'missing'] as const
  const [path, foreign, tight, missing] = names.map((name) => join(directory, `${name}.sock`)) as [
    string,
    string,
    string,
    string,
  ]
  await mkdir(directory, { mode: 0o755 })
  const sockets = [path, foreign, tight, missing].map(
    (each) => `[[socket]]\npath = "${each}"\nmode = "0660"\ngroup = "mail"\nprotocols = ["SMTP"]\n`,
  )
  await home.configure(base + sockets.join(''))
  assert.equal((await runClient(home, ['reload'])).status, 0)
  const closed = await runClient(home, ['doctor'])
  assert.equal(closed.status, 77)
  const closedNames = { path, group: '"mail"', directory: `"${home.directory}" (mode 0700)` }
  const found = troubles(closed, `socket +${path}:`)
  assertSentence(found, 'a directory that is closed to a group', closedNames)
  assert.ok(closed.stdout.includes(`-> run "chmod o+x ${home.directory}"`))
  await chmod(home.directory, 0o711)
  const open = await runClient(home, ['doctor'])
  assert.equal(troubles(open, 'socket'), '')
  assert.match(open.stdout, /reached by user "\S+", group "mail"\n/)
  await chown(foreign, process.getuid?.() ?? 0, findGroupId('daemon') ?? 1)
  await chown(tight, process.getuid?.() ?? 0, findGroupId('daemon') ?? 1)
  await chmod(tight, 0o600)
  await rm(missing)
  const broken = await runClient(home, ['doctor'])
  assert.equal(broken.status, 77)
  const groups = { path: foreign, actual: '"daemon"', group: '"mail"' }
  const ofForeign = troubles(broken, `socket +${foreign}:`)
  assertSentence(ofForeign, 'a socket of another group', groups)
  const modes = { path: tight, actual: '0600', mode: '0660' }
  assertSentence(troubles(broken, `socket +${tight}:`), 'a socket of another mode', modes)
  const ofMissing = troubles(broken, `socket +${missing}:`)
  assertSentence(ofMissing, 'a socket that is not there', { path: missing })
})

test('whom "allow" lists is who counts, and who is not listed sees no token', async () => {
  const world = await sharedWorld()
  const { home } = world
  await chmod(home.directory, 0o711)
  const path = join(home.directory, 'cms.sock')
  const socket = `[[socket]]\npath = "${path}"\nmode = "0666"\n`
  await home.configure(`${base}${socket}allow = { users = ["daemon"], groups = ["mail"] }\n`)
  assert.equal((await runClient(home, ['reload'])).status, 0)
  const result = await runClient(home, ['doctor'])
  assert.match(result.stdout, /; reached by user "daemon", group "mail", whom "allow" lists\n/)
  const names = { path, key: '"allow"' }
  assertSentence(troubles(result, 'token'), 'whom "allow" does not list', names)
  assert.equal(result.status, 0)
  await chmod(home.directory, 0o700)
  const closed = { path, user: 'user "daemon"', group: 'group "mail"' }
  const found = troubles(await runClient(home, ['doctor']), 'socket')
  assertSentence(found, 'a directory closed to those that "allow" lists', closed)
})

test('without a daemon it says so, and checks the rest', async (t) => {
  const world = await signedIn(t)
  const { home } = world
  await world.daemon.stop()
  const { status, stdout } = await runClient(home, ['doctor'])
  assert.equal(status, 69)
  assertSentence(withoutChance(stdout), 'without a daemon')
  await writeFile(home.controlSocket, 'no socket')
  const blocked = await runClient(home, ['doctor'])
  const lines = blocked.stdout.split('\n').filter((line) => line.includes(home.controlSocket))
  assert.equal(lines.length, 1, blocked.stdout)
  assert.match(lines[0] ?? '', /^failure +control socket /)
  await rm(home.controlSocket)
  await home.configure('[[acount]]\n')
  const broken = await runClient(home, ['doctor'])
  assert.equal(broken.status, 78)
  const place = `${home.configFile}:1: key "acount"`
  assertSentence(troubles(broken, 'configuration'), 'a configuration that is wrong', { place })
})

test('a clock that is wrong is told by how much, and from five minutes on it is a failure', async () => {
  const world = await sharedWorld()
  for (const [seconds, status, level, off] of [
    [-120, 0, 'warning', /1\d\d s (?=ahead)/],
    [900, 78, 'failure', /(?:8\d\d|90\d) s (?=behind)/],
  ] as const) {
    const date = new Date(Date.now() + seconds * 1_000).toUTCString()
    world.server.answerDiscovery({ status: 200, headers: { date }, body: {} })
    const result = await runClient(world.home, ['doctor'])
    const told = troubles(result, 'clock')
    assertSentence(told, `a clock that is wrong: ${level}`, { level, off: off.exec(told)?.[0] })
    assert.equal(result.status, status)
  }
})

test('a refresh that came back with less is told, and a token too long for mail programs', async () => {
  const world = await sharedWorld()
  world.answerWell({
    scope: 'https://outlook.office.com/IMAP.AccessAsUser.All',
    access_token: 'canary'.repeat(520),
  })
  assert.equal((await runClient(world.home, ['refresh', user])).status, 0)
  const result = await runClient(world.home, ['doctor'])
  assert.equal(result.status, 77)
  const scope = 'SMTP.Send'
  assertSentence(troubles(result, 'scopes'), 'a scope that is not granted', { user, scope })
  const lengths = { user, length: '3120', limit: '3036', other: '2998' }
  assertSentence(troubles(result, 'token'), 'a token that is too long', lengths)
  assert.doesNotMatch(result.stdout + result.stderr, /canary/)
})

test('a provider that cannot be reached is a temporary failure', async () => {
  const world = await sharedWorld()
  world.server.answerDiscovery({ reset: true })
  const result = await runClient(world.home, ['doctor'])
  assert.equal(result.status, 75)
  const names = { errno: 'ECONNRESET' }
  assertSentence(troubles(result, 'provider'), 'a provider out of reach', names)
})

test('a refused sign-in is there with its meaning, who must act, and what to do', async () => {
  const world = await sharedWorld()
  const body = { error: 'invalid_grant', error_codes: [50057], error_description: 'AADSTS50057: x' }
  world.server.answer({ status: 400, body })
  assert.equal((await runClient(world.home, ['refresh', user])).status, 77)
  const result = await runClient(world.home, ['doctor'])
  assert.equal(result.status, 77)
  const names = { user, state: 'misconfigured', code: 'AADSTS50057', who: 'administrator' }
  assertSentence(troubles(result, 'account'), 'a refused sign-in', names)
  assert.match(result.stdout, /-> .*administrator/)
})

test('a file that was changed since, and a file that is not the daemon’s, are warnings', async () => {
  const world = await sharedWorld()
  const { home } = world
  const later = new Date(Date.now() + 60_000)
  await utimes(home.configFile, later, later)
  const changed = await runClient(home, ['doctor'])
  assert.equal(changed.status, 0)
  const file = { path: home.configFile }
  assertSentence(troubles(changed, 'configuration'), 'a file that was changed since', file)
  const other = join(home.directory, 'other.toml')
  const control = `[control]\npath = "${home.controlSocket}"\n`
  const account = `[[account]]\nuser = "${user}"\nprovider = "office365"\nclient_id = "c"\n`
  await writeFile(other, control + account, { mode: 0o600 })
  const foreign = await runClient(home, ['doctor', `--config=${other}`])
  const files = { other, path: home.configFile }
  assertSentence(troubles(foreign, 'configuration'), 'a file that is not the daemon’s', files)
})
