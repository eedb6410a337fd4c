/** `cms-oauth doctor` before the real daemon, in good worlds and in broken ones. */
import assert from 'node:assert/strict'
import { chmod, chown, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findGroupId } from '../../src/kernel/user-database.ts'
import { version } from '../../src/package/version.ts'
import { type Home, type Result, runClient, startDaemon } from '../support/daemon.ts'
import {
  returnFromProvider,
  type ScriptedWorld,
  startScriptedWorld,
} from '../support/scripted-world.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const user = 'user@example.com'

/** What differs from run to run, by a name. */
function withoutChance(text: string, home: Home): string {
  return text
    .replaceAll(home.directory, 'HOME')
    .replace(/localhost:\d+/g, 'localhost:PORT')
    .replace(/pid \d+, uid \d+, Node [\d.]+/, 'pid PID, uid UID, Node NODE')
    .replace(/in \d+ ms/g, 'in N ms')
    .replace(/\d+ s from/, 'N s from')
    .replace(/\d{4}-\d\d-\d\d/g, 'DAY')
    .replace(/\S+:\S+; reached by user "\S+"/g, 'OWNER; reached by user "OWNER"')
}

/** A world whose provider answers what a test wants, signed in. */
async function signedIn(t: TestContext, changes: object = {}): Promise<ScriptedWorld> {
  const world = await startScriptedWorld('office365')
  t.after(() => world.close())
  world.answerWell(changes)
  for await (const progress of world.daemon.control.signIn(user, { method: 'browser' })) {
    if (progress.event === 'url') void returnFromProvider(progress.url)
    if (progress.event === 'failed') assert.fail(progress.error.error_description)
  }
  return world
}

/** The lines of one subject, without what is ok. */
function troubles({ stdout }: Result, subject: string): string {
  const lines = stdout.split('\n')
  const start = new RegExp(`^(failure|warning) +${subject} `)
  return lines.filter((line) => start.test(line)).join('\n')
}

test('a good world is ok in every line', async () => {
  const world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength: 1_800 })
  const daemon = await startSignedIn(world, accountToml(world))
  try {
    const { status, stdout, stderr } = await runClient(world.home, [
      'doctor',
      user,
      `--test-smtp=localhost:${world.mail.port}`,
    ])
    assert.equal(
      withoutChance(stdout, world.home),
      `ok       configuration  HOME/config.toml: accounts: 1, token sockets: 1
ok       daemon         ${version}, pid PID, uid UID, Node NODE, at HOME/run/cms-oauth/control.sock
ok       renewer        opens the store in N ms and finds 1 sign-in
ok       provider       "localhost:PORT" answers in N ms without a proxy, for ${user}
ok       clock          N s from that of "localhost:PORT"
ok       store          HOME/state/cms-oauth: 1 record, closed to others
ok       key            HOME/config/cms-oauth/store.key: closed to others
ok       surroundings   secrets, programs, directories, groups and variables: fine for ${user}
ok       socket         HOME/run/cms-oauth/cms.sock: mode 0600, OWNER; reached by user "OWNER"
ok       account        ${user}: active, office365, authorization_code
ok       scopes         ${user}: all that are wanted are granted
ok       forecast       ${user}: if unused the sign-in expires on DAY: the provider lets a sign-in expire that was not used for 90 days
ok       token          ${user}: 1800 characters; too long for old versions of neomutt with OAUTHBEARER (510)
ok       login          ${user}: SMTP at localhost:PORT: 235 2.7.0 Authentication successful

0 failures, 0 warnings
`,
    )
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
    const imap = await runClient(world.home, ['doctor', '--test-imap=localhost'])
    assert.match(troubles(imap, 'login'), /no token socket serves IMAP: no login was tried$/)
    const refused = await runClient(world.home, ['doctor', 'nobody@example.com'])
    assert.deepEqual([refused.status, refused.stdout], [67, ''])
    assert.match(refused.stderr, /error: no account "nobody@example\.com"/)
  } finally {
    await daemon.stop()
    await world.close()
  }
})

test('a directory that the group of a socket may not search is named, and which bit opens it', async (t) => {
  const world = await signedIn(t)
  const { home } = world
  const path = join(home.directory, 'exim', 'cms.sock')
  await mkdir(join(home.directory, 'exim'), { mode: 0o755 })
  const toml = await readFile(home.configFile, 'utf8')
  await home.configure(
    `${toml}[[socket]]\npath = "${path}"\nmode = "0660"\ngroup = "mail"\nprotocols = ["SMTP"]\n`,
  )
  world.answerWell()
  assert.equal((await runClient(home, ['reload'])).status, 0)
  const closed = await runClient(home, ['doctor'])
  assert.equal(closed.status, 77)
  assert.equal(
    troubles(closed, 'socket').replaceAll(home.directory, 'HOME'),
    'failure  socket         HOME/exim/cms.sock: group "mail" may not search the directory "HOME" (mode 0700)',
  )
  assert.ok(closed.stdout.includes(`-> run "chmod o+x ${home.directory}"`))
  await chmod(home.directory, 0o711)
  const open = await runClient(home, ['doctor'])
  assert.equal(troubles(open, 'socket'), '')
  assert.match(open.stdout, /reached by user "\S+", group "mail"\n/)
  await chown(path, process.getuid?.() ?? 0, findGroupId('daemon') ?? 1)
  const foreign = await runClient(home, ['doctor'])
  assert.equal(foreign.status, 77)
  assert.match(
    troubles(foreign, 'socket'),
    /belongs to the group "daemon", but "mail" is configured\n.*group "mail" may not write to it/,
  )
  await chmod(path, 0o600)
  assert.match(
    troubles(await runClient(home, ['doctor']), 'socket'),
    /mode 0600, but 0660 is configured/,
  )
  await rm(path)
  assert.match(troubles(await runClient(home, ['doctor']), 'socket'), /is not there$/)
})

test('whom "allow" lists is who counts, and who is not listed sees no token', async (t) => {
  const world = await signedIn(t)
  const { home } = world
  await chmod(home.directory, 0o711)
  const path = join(home.directory, 'cms.sock')
  const socket = `[[socket]]\npath = "${path}"\nmode = "0666"\n`
  const toml = await readFile(home.configFile, 'utf8')
  await home.configure(`${toml}${socket}allow = { users = ["daemon"], groups = ["mail"] }\n`)
  world.answerWell()
  assert.equal((await runClient(home, ['reload'])).status, 0)
  const result = await runClient(home, ['doctor'])
  assert.match(result.stdout, /; reached by user "daemon", group "mail", whom "allow" lists\n/)
  assert.match(troubles(result, 'token'), /cms\.sock: gives you none, which "allow" may want so$/)
  assert.equal(result.status, 0)
  await chmod(home.directory, 0o700)
  assert.match(
    troubles(await runClient(home, ['doctor']), 'socket'),
    /user "daemon" may not search the directory .*\n.*group "mail" may not search the directory/,
  )
})

test('without a daemon it says so, and looks at the rest', async (t) => {
  const world = await signedIn(t)
  const { home } = world
  await world.daemon.stop()
  const { status, stdout } = await runClient(home, ['doctor'])
  assert.equal(status, 69)
  assert.equal(
    withoutChance(stdout, home),
    `ok       configuration  HOME/config.toml: accounts: 1, token sockets: 1
failure  daemon         nobody answers on the control socket "HOME/run/cms-oauth/control.sock"
                        -> start the daemon: "systemctl --user start cms-oauthd" or "cms-oauthd",
                           or set up with "cms-oauth init"; for a system service set
                           CMS_OAUTH_CONTROL=/run/cms-oauthd/control.sock; without it, renewer,
                           providers, clock, accounts and tokens cannot be checked
ok       store          HOME/state/cms-oauth: 1 record, closed to others
ok       key            HOME/config/cms-oauth/store.key: closed to others
ok       surroundings   secrets, programs, directories, groups and variables: fine for all accounts
warning  socket         HOME/run/cms-oauth/cms.sock: is not there without a daemon
                        -> start the daemon

1 failure, 1 warning
`,
  )
  await home.configure('[[acount]]\n')
  const broken = await runClient(home, ['doctor'])
  assert.equal(broken.status, 78)
  assert.match(troubles(broken, 'configuration'), /config\.toml:1: key "acount": is not known/)
})

test('a clock that is wrong is told by how much, and from five minutes on it is a failure', async (t) => {
  const world = await signedIn(t)
  for (const [seconds, status, expected] of [
    [-120, 0, /^warning .* this machine is 1\d\d s ahead of "localhost:\d+"$/],
    [900, 78, /^failure .* this machine is (8\d\d|90\d) s behind "localhost:\d+"$/],
  ] as const) {
    const date = new Date(Date.now() + seconds * 1_000).toUTCString()
    world.server.answerDiscovery({ status: 200, headers: { date }, body: {} })
    const result = await runClient(world.home, ['doctor'])
    assert.match(troubles(result, 'clock'), expected)
    assert.equal(result.status, status)
  }
})

test('a refresh that came back with less is told, and a token too long for mail programs', async (t) => {
  const world = await signedIn(t)
  world.answerWell({
    scope: 'https://outlook.office.com/IMAP.AccessAsUser.All',
    access_token: 'canary'.repeat(520),
  })
  assert.equal((await runClient(world.home, ['refresh', user])).status, 0)
  const result = await runClient(world.home, ['doctor'])
  assert.equal(result.status, 77)
  assert.match(
    troubles(result, 'scopes'),
    /the sign-in of "user@example\.com" does not allow sending mail \(SMTP\.Send\)$/,
  )
  assert.match(
    troubles(result, 'token'),
    /3120 characters; too long for exim and msmtp \(3036\), msmtp with OAUTHBEARER \(2998\)/,
  )
  assert.doesNotMatch(result.stdout + result.stderr, /canary/)
})

test('a provider that cannot be reached is a failure that passes', async (t) => {
  const world = await signedIn(t)
  world.server.answerDiscovery({ reset: true })
  const result = await runClient(world.home, ['doctor'])
  assert.equal(result.status, 75)
  assert.match(troubles(result, 'provider'), /"localhost:\d+" cannot be reached: ECONNRESET$/)
})

test('the proxy on the way is named, without its password', async (t) => {
  const world = await signedIn(t)
  await world.daemon.stop()
  const proxy = 'http://name:canary-password@localhost:1'
  world.daemon = await startDaemon(world.home, { HTTPS_PROXY: proxy })
  const result = await runClient(world.home, ['doctor'])
  assert.equal(result.status, 75)
  assert.match(
    troubles(result, 'provider'),
    /"localhost:\d+" cannot be reached through the proxy "localhost:1": ECONNREFUSED$/,
  )
  assert.match(result.stdout, /-> .*HTTPS_PROXY and NO_PROXY/s)
  assert.doesNotMatch(result.stdout + result.stderr, /canary/)
})

test('a refused sign-in stands there with its meaning, who must act, and what to do', async (t) => {
  const world = await signedIn(t)
  const body = { error: 'invalid_grant', error_codes: [50057], error_description: 'AADSTS50057: x' }
  world.server.answer({ status: 400, body })
  assert.equal((await runClient(world.home, ['refresh', user])).status, 77)
  const result = await runClient(world.home, ['doctor'])
  assert.equal(result.status, 77)
  assert.match(
    troubles(result, 'account'),
    /misconfigured; the provider refuses "user@example\.com": the account is disabled \(AADSTS50057\); who must act: your administrator$/,
  )
  assert.match(result.stdout, /-> an administrator can enable it\n/)
})

test('a mail server that refuses the login is quoted, with the next step', async () => {
  const world = await createWorld()
  const toml = accountToml(world)
  const daemon = await startSignedIn(world, `${toml}sasl_user = { SMTP = "other@example.com" }\n`)
  try {
    const args = ['doctor', `--test-smtp=localhost:${world.mail.port}`]
    const result = await runClient(world.home, args)
    assert.equal(result.status, 77)
    assert.match(troubles(result, 'login'), /SMTP at localhost:\d+: the server refused: 535 /)
  } finally {
    await daemon.stop()
    await world.close()
  }
})

test('files that others may open are named, and so is a key that is gone', async (t) => {
  const world = await signedIn(t)
  const { home } = world
  const key = join(home.directory, 'config', 'cms-oauth', 'store.key')
  const [record = ''] = (await readdir(home.stateDirectory)).filter((name) =>
    name.endsWith('.grant'),
  )
  await chmod(key, 0o644)
  // Of root, which the tests may run as, a file that its group may read is the administrator's choice.
  await chmod(join(home.stateDirectory, record), 0o644)
  const open = await runClient(home, ['doctor'])
  assert.equal(open.status, 78)
  assert.match(troubles(open, 'key'), /others may open the store's key ".*store\.key"$/)
  assert.match(troubles(open, 'store'), /others may open the record ".*\.grant"$/)
  await chmod(home.stateDirectory, 0o777)
  // Where a renewer has to be started for it, that one stumbles over the directory first.
  const { stdout } = await runClient(home, ['doctor'])
  const writable = stdout.match(
    /^failure +(?:renewer|store) +everybody may write the directory .*$/gm,
  )
  assert.equal(writable?.length, 1)
  assert.match(writable[0], /".*state\/cms-oauth"$/)
  await rm(key)
  const gone = await runClient(home, ['doctor'])
  assert.match(troubles(gone, 'key'), /store\.key: is missing, but there are records$/)
})

test('a file that was changed since, and a file that is not the daemon’s, are warnings', async (t) => {
  const world = await signedIn(t)
  const { home } = world
  const later = new Date(Date.now() + 60_000)
  await utimes(home.configFile, later, later)
  const changed = await runClient(home, ['doctor'])
  assert.equal(changed.status, 0)
  assert.match(troubles(changed, 'configuration'), /was changed after the daemon read it$/)
  const other = join(home.directory, 'other.toml')
  const control = `[control]\npath = "${home.controlSocket}"\n`
  const account = `[[account]]\nuser = "${user}"\nprovider = "office365"\nclient_id = "c"\n`
  await writeFile(other, control + account, { mode: 0o600 })
  const foreign = await runClient(home, ['doctor', `--config=${other}`])
  assert.match(troubles(foreign, 'configuration'), /other\.toml: the daemon reads ".*config\.toml"/)
})

test('nothing of what doctor prints is secret', async (t) => {
  const claims = { aud: 'https://outlook.office.com', oid: 'canary-oid', upn: 'canary-upn' }
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
  const world = await signedIn(t, { access_token: `canary-head.${payload}.canary-signature` })
  const results = [await runClient(world.home, ['doctor'])]
  const description = `no canary-refresh-1 and no ${payload}`
  world.server.answer({
    status: 400,
    body: { error: 'invalid_grant', error_description: description },
  })
  await runClient(world.home, ['refresh', user])
  results.push(await runClient(world.home, ['doctor']), await runClient(world.home, ['status']))
  const { stdout } = await runClient(world.home, ['status', '--json'])
  const told = JSON.stringify(results) + stdout
  assert.match(told, /for \\"https:\/\/outlook\.office\.com\\"/)
  assert.doesNotMatch(told, /canary/)
  assert.ok(!told.includes(payload))
})

test('what only a sign-in or a notice would show is found before, with a daemon and without', async (t) => {
  const world = await signedIn(t)
  const { home } = world
  const toml = await readFile(home.configFile, 'utf8')
  await home.configure(`${toml}[notify]\ncommand = ["/nowhere/tell"]\n`)
  const expected =
    /^failure +program +\[notify\] command names the program "\/nowhere\/tell", which is not there$/m
  const running = await runClient(home, ['doctor'])
  assert.match(running.stdout, expected)
  await world.daemon.stop()
  const stopped = await runClient(home, ['doctor'])
  assert.match(stopped.stdout, expected)
  world.daemon = await startDaemon(home)
})
