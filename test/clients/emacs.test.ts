import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Result, runProgram, type RunningDaemon } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

const root = join(import.meta.dirname, '..', '..')
const examples = join(root, 'examples', 'emacs')
const tests = join(import.meta.dirname, 'emacs')

let world: World
let daemon: RunningDaemon

before(async () => {
  world = await createWorld()
  daemon = await startSignedIn(world, accountToml(world))
  const { directory, env, tokenSocket } = world.home
  await mkdir(join(directory, 'bin'))
  await mkdir(join(directory, '.emacs.d'))
  await symlink(join(root, 'bin', 'cms-oauth.js'), join(directory, 'bin', 'cms-oauth'))
  env['PATH'] = `${directory}/bin:${env['PATH']}`
  env['CMS_SOCK'] = tokenSocket
  env['TEST_USER'] = world.user
  env['TEST_CA'] = world.provider.certificates.caFile
})

after(async () => {
  await daemon.stop()
  await world.close()
})

const batch = () => ['-Q', '--batch', '-L', examples]

function emacs(...args: string[]): Promise<Result> {
  const program = installedProgram('emacs', 'emacs-nox')
  return runProgram(program, [...batch(), ...args], world.home.env)
}

/** The init file that the package's commentary shows, filled in. */
async function packageInit(): Promise<string> {
  const source = await readFile(join(examples, 'cms-oauth.el'), 'utf8')
  const init = Array.from(source.matchAll(/^;; {3}(.*)$/gm), ([, line]) => line).join('\n')
  return `${init
    .replaceAll('user@domain.com', world.user)
    .replace('smtp.office365.com', 'localhost')
    .replace('587', String(world.mail.port))}
(add-to-list 'cms-oauth-hosts "localhost")
(push '("SMTP" "${world.mail.port}") cms-oauth--protocols)\n`
}

async function send(init: string, run = emacs): Promise<Result> {
  const file = join(world.home.directory, 'init.el')
  await writeFile(file, init)
  return run('-l', file, '-l', join(tests, 'send.el'))
}

/** Emacs in a D-Bus session of its own, with an unlocked keyring. */
function emacsInSession(...args: string[]): Promise<Result> {
  installedProgram('gnome-keyring-daemon', 'gnome-keyring')
  const session = installedProgram('dbus-run-session', 'dbus-daemon')
  const script =
    'printf unlocked | gnome-keyring-daemon --unlock --components=secrets > /dev/null && exec "$@"'
  const emacsCommand = [installedProgram('emacs', 'emacs-nox'), ...batch(), ...args]
  return runProgram(session, ['--', 'sh', '-c', script, 'sh', ...emacsCommand], world.home.env)
}

async function originalInit(change = (text: string) => text): Promise<string> {
  const example = await readFile(join(examples, 'smtpmail-original.el'), 'utf8')
  return change(example)
    .replace('/var/run/user/XXX/cms.sock', world.home.tokenSocket)
    .replaceAll('user@domain.com', world.user)
    .replaceAll('smtp.server.address', 'localhost')
    .replaceAll('"587"', `"${world.mail.port}"`)
}

test('the package compiles without a warning', async () => {
  const { status, stderr } = await emacs(
    '--eval',
    '(setq byte-compile-error-on-warn t byte-compile-dest-file-function (lambda (_) (make-temp-file "elc")))',
    '-f',
    'batch-byte-compile',
    join(examples, 'cms-oauth.el'),
  )
  assert.equal(status, 0, stderr)
})

test('the package does what its own tests say, against the daemon', async () => {
  const file = join(tests, 'cms-oauth-tests.el')
  const { status, stderr } = await emacs('-l', file, '-f', 'ert-run-tests-batch-and-exit')
  assert.equal(status, 0, stderr)
  assert.match(stderr, /Ran 12 tests, 12 results as expected/)
})

test('smtpmail sends with a token that the package asks the socket for', async () => {
  const { status, stderr } = await send(await packageInit())
  assert.equal(status, 0, stderr)
  const delivered = world.mail.messages.at(-1)
  assert.equal(delivered?.user, world.user)
  assert.deepEqual(delivered?.to, ['friend@example.org'])
  assert.match(delivered?.text ?? '', /from emacs/)
})

test('smtpmail is refused with a wrong token, and with a credential in the wrong format', async () => {
  const init = await packageInit()
  for (const body of ['"wrong"', '(alist-get (quote user) (cms-oauth-credential user protocol))']) {
    const before = world.mail.messages.length
    const { status } = await send(
      `${init}(defun cms-oauth--token (user protocol) (ignore user protocol) ${body})`,
    )
    assert.notEqual(status, 0)
    assert.equal(world.mail.messages.length, before)
    assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
  }
})

test('what smtpmail cannot send stays in its buffer', async () => {
  const init = join(world.home.directory, 'init.el')
  for (const trouble of [
    '(setq cms-oauth-socket "/nonexistent/cms.sock")',
    '(setq smtpmail-smtp-user "nobody@example.com")',
    '(defun cms-oauth--token (user protocol) (ignore user protocol) "wrong")',
  ]) {
    const { length } = world.mail.messages
    await writeFile(init, `${await packageInit()}${trouble}\n`)
    const { status, stdout, stderr } = await emacs('-l', init, '-l', join(tests, 'keep.el'))
    assert.equal(status, 0, stderr)
    assert.match(stderr, /^failed: /m, trouble)
    assert.match(stdout, /^To: friend@example\.org$[^]*^from emacs$/m)
    assert.equal(world.mail.messages.length, length)
  }
})

test("smtpmail sends with the original's init file, through the session's keyring", async () => {
  const before = world.mail.messages.length
  const { status, stderr } = await send(await originalInit(), emacsInSession)
  assert.equal(status, 0, stderr)
  assert.equal(world.mail.messages.length, before + 1)
  assert.equal(world.mail.messages.at(-1)?.user, world.user)
})

test("the original's init file is refused with a wrong token, and in the wrong format", async () => {
  const changes = [
    (text: string) => text.replace('"cms-oauth"', '"echo"'),
    (text: string) => text.replace('--output=token', '--output=xoauth2-b64'),
  ]
  for (const change of changes) {
    const before = world.mail.messages.length
    const { status } = await send(await originalInit(change), emacsInSession)
    assert.notEqual(status, 0)
    assert.equal(world.mail.messages.length, before)
    assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
  }
})
