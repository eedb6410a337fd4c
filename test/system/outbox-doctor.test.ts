/** `doctor` says whether mail of this machine gets through, and what to change where it does not. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { checkSendmail } from '../../src/client/doctor/sendmail-check.ts'
import { version } from '../../src/package/version.ts'
import { type RunningDaemon, runClient } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { assertFinding, assertSentence, type Names } from '../support/golden.ts'
import { LineClient } from '../support/line-client.ts'
import { statusOnce } from '../support/status-once.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

let world: World
let daemon: RunningDaemon

before(async () => {
  world = await createWorld()
  daemon = await startSignedIn(world, configuration('aliases = { root = "me@example.org" }'))
})
after(async () => {
  await daemon.stop()
  await world.close()
})

function configuration(keys: string): string {
  return `${accountToml(world)}[[outbox]]\naccount = "${world.user}"\napi = "https://localhost:1"\n${keys}\n`
}

/** What it says, its lines joined, with these keys in the [[outbox]]. */
async function doctor(keys?: string): Promise<string> {
  if (keys !== undefined) {
    await world.home.configure(configuration(keys))
    await daemon.control.reload()
  }
  const { stdout } = await runClient(world.home, ['doctor'])
  return stdout.replaceAll(/\n +(?:-> )?/g, ' ')
}

/** Compares the line of a topic that names these things. */
function assertLine(found: string, topic: string, key: string, names: Names): void {
  const line = found.split('\n').find((each) => {
    const [level, about] = each.split(/ +/)
    const named = Object.values(names).every((name) => each.includes(String(name)))
    return `${level} ${about}` === topic && named
  })
  assertSentence(line?.replaceAll(/ {2,}/g, ' '), key, names)
}

test('an outbox for root is fine, and its account is not tried at a mail server', async () => {
  const found = await doctor()
  assertLine(found, 'ok outbox', 'who may send', { caller: '"root"', user: world.user })
  assertLine(found, 'ok outbox', 'where mail for root goes', { to: 'me@example.org' })
  assert.match(found, /^ok +spool +\/.*: 0 messages waiting, 0 abandoned, 0 B; .* free$/m)
  assertLine(found, 'ok login', 'an account that only sends', { user: world.user, via: 'graph' })
  assert.match(found, /^ok +socket +\/.*outbox\.sock: /m)
  assert.doesNotMatch(found, /^failure/m)
})

test('who comes to what an outbox listens by for something else is told, by doctor and by status', async () => {
  const [port = 0] = await findFreePorts(1)
  await doctor(`listen = "127.0.0.1:${port}"\ncaller = ["password"]`)
  const page = new LineClient({ port, host: '127.0.0.1' })
  page.socket.write('GET / HTTP/1.1\r\n\r\n')
  await page.rest()
  await daemon.logged(({ event }) => event === 'bridge.stray')
  const told = /SMTP, uid \d+: \S+ web page\? \(at /
  assert.match(await doctor(), new RegExp(`^warning +bridge +${told.source}`, 'm'))
  const { stdout } = await runClient(world.home, ['status'])
  assert.match(stdout, told)
})

test('who was refused, and may not have looked, is named with the key that lets them in', async () => {
  await doctor('allow = { users = ["nobody"] }\nmode = "0666"')
  for (let count = 0; count < 2; count++) {
    assert.equal((await runClient(world.home, ['sendmail', 'root'], 'Subject: x\n\n')).status, 77)
  }
  const { uid } = await daemon.logged(({ event }) => event === 'outbox.caller_refused')
  assert.equal(uid, process.getuid?.())
  assert.match(
    await doctor(),
    /^warning +outbox +"outbox": 2 [^"]*"(\w+)" .*"allow" .*"\1" .*users of "allow"/m,
  )
})

test('callers without root, and mail for root that nobody gets, are told with the keys to add', async () => {
  const found = await doctor('allow = { users = ["nobody"] }\nmode = "0666"')
  const caller = '"nobody"'
  assertLine(found, 'warning outbox', 'root may not send', { caller, key: 'users = ["root"]' })
  assertLine(found, 'warning outbox', 'mail for root is refused', { key: 'aliases = { root = ' })
  assertLine(found, 'failure socket', 'a socket out of reach', { caller, command: 'chmod o+x' })
})

test('whom an alias names may be written to, whatever "recipients" says', async () => {
  const found = await doctor(
    'recipients = ["@elsewhere.org"]\naliases = { root = "me@example.org" }',
  )
  assertLine(found, 'ok outbox', 'where mail for root goes', { to: 'me@example.org' })
})

test('what waits is told with its reason, and what fills a quota with whose it is', async () => {
  await doctor('aliases = { root = "me@example.org" }\nquota_messages = 2\nretry = ["1h"]')
  const { home } = world
  assert.equal((await runClient(home, ['sendmail', 'root'], 'Subject: one\n\n')).status, 0)
  assert.equal((await runClient(home, ['sendmail', 'root'], 'Subject: two\n\n')).status, 0)
  await daemon.logged(({ event }) => event === 'outbox.waits')
  await statusOnce(home, /^outbox "outbox" of [^ ]+: 2 messages wait/m)
  const found = await doctor()
  assert.match(found, /^warning +outbox +"outbox": 2 messages waiting: .*localhost/m)
  assert.match(found, /^warning +spool +messages of "root" fill 100 % of/m)
  const { status, stderr } = await runClient(home, ['sendmail', 'root'], 'Subject: three\n\n')
  assert.equal(status, 75, stderr)
  assert.match(
    await doctor(),
    /^warning +unsent +1 message kept in .*unsent, .*you sent run ".*--take-unsent"$/m,
  )
})

test('a daemon that does not run leaves what can be said without it', async () => {
  await daemon.stop()
  assert.match(await doctor(), /^\w+ +sendmail +\/usr\/sbin\/sendmail: /m)
})

/** A directory with a program called sendmail. */
function directoryWith(name: string, script?: string): string {
  const directory = join(world.home.directory, name)
  mkdirSync(directory)
  if (script !== undefined) {
    writeFileSync(join(directory, 'sendmail'), script)
    chmodSync(join(directory, 'sendmail'), 0o755)
  }
  return directory
}

test('the sendmail that programs call is ours, another, missing, or does not start', async () => {
  const ours = directoryWith('ours')
  const installed = await runClient(world.home, ['sendmail', '--install', ours])
  assert.equal(installed.status, 0, installed.stderr)
  const older = join(ours, 'mailq')
  const mark = '#!/bin/sh\n# Written by "cms-oauth sendmail --install".\n'
  const broken = directoryWith('broken', `${mark}exec /nowhere/node "$@"\n`)
  const other = directoryWith('other', '#!/bin/sh\nexit 0\n')
  const missing = directoryWith('missing')
  const levels: [directory: string, level: string, key: string, named?: string][] = [
    [ours, 'ok', 'our sendmail', version],
    [broken, 'failure', 'a sendmail that does not start'],
    [other, 'warning', 'a sendmail of another package'],
    [missing, 'warning', 'no sendmail'],
  ]
  for (const [directory, level, key, version] of levels) {
    const [found, ...more] = await checkSendmail(join(directory, 'sendmail'), '', older)
    assert.deepEqual(more, [])
    assertFinding(found, level, key, { directory, ...(version !== undefined && { version }) })
    if (level !== 'ok') assert.ok(found?.hint?.includes(`--install ${directory}"`), found?.hint)
  }
  const both = await checkSendmail(join(other, 'sendmail'), `relative:${ours}:/nowhere`)
  assert.deepEqual(
    both.map(({ level }) => level),
    ['warning', 'ok'],
  )
})

test('where older programs look for it is a link to the usual one', async () => {
  const directory = directoryWith('usual')
  assert.equal((await runClient(world.home, ['sendmail', '--install', directory])).status, 0)
  const usual = join(directory, 'sendmail')
  const others: [older: string, key: string][] = [
    [join(directoryWith('none'), 'sendmail'), 'no older sendmail'],
    [join(directoryWith('foreign', '#!/bin/sh\n'), 'sendmail'), 'an older sendmail of another'],
  ]
  for (const [older, key] of others) {
    const [, found, ...more] = await checkSendmail(usual, '', older)
    assert.deepEqual(more, [])
    assertFinding(found, 'warning', key, { older, usual: '../usual/sendmail' })
    const step = /^run as root "(.*)"$/.exec(found?.hint ?? '')?.[1] ?? ''
    // What a diversion does with the file is what mv does.
    const plain = step.replace(/^dpkg-divert .* --add (\S+)/, 'mv $1 $1.old')
    assert.equal(spawnSync('sh', ['-c', plain]).status, 0, step)
    assert.equal((await checkSendmail(usual, '', older)).length, 1)
  }
})

test('one that a package of Debian would put there again is told with the diversion', async (t) => {
  const directory = directoryWith('diverted')
  assert.equal((await runClient(world.home, ['sendmail', '--install', directory])).status, 0)
  const dpkg = directoryWith('dpkg')
  const path = join(directory, 'sendmail')
  const before = process.env['PATH']
  t.after(() => (process.env['PATH'] = before))
  process.env['PATH'] = `${dpkg}:${before}`
  const say = (text: string) => {
    writeFileSync(join(dpkg, 'dpkg'), `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 })
  }
  say(`exim4-daemon-light: ${path}`)
  const [found] = await checkSendmail(path, '')
  assertFinding(found, 'warning', 'a sendmail of a package of Debian', {
    path,
    package: '"exim4-daemon-light"',
    command: `dpkg-divert --local --no-rename --add`,
  })
  say(`local diversion from: ${path}\nexim4-daemon-light: ${path}`)
  assert.equal((await checkSendmail(path, ''))[0]?.level, 'ok')
})
