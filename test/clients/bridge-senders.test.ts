/** The files of examples/bridge/ for programs that send, each with its program, through a bridge without TLS. */
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { type BridgeLogin, fillBridgeExample } from '../support/bridge-example.ts'
import { createBridgeWorld } from '../support/bridge-world.ts'
import { type Result, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { startPostfixRelay } from '../support/queueing-programs.ts'
import { openPackage } from '../support/unpacked-package.ts'

const root = join(import.meta.dirname, '..', '..')
const appId = '4f0c7b1e-1111-2222-3333-444444444444'
const friend = 'friend@example.org'
const world = await createBridgeWorld()
after(() => world.close())
const { user, mail, home, password, port, socket, daemon } = world
const inHome = (name: string) => join(home.directory, name)
const login: BridgeLogin = {
  user,
  password,
  ports: { smtp: port, imap: 1, pop: 1 },
  more: {
    '/run/cms-oauth/submission.sock': socket,
    '/etc/msmtprc-php': inHome('msmtprc'),
    'User Name <': 'User <',
  },
}
const letter = `From: ${user}\nTo: ${friend}\nSubject: hello\n\nbody\n`
const elisp = join(import.meta.dirname, 'emacs', 'send-plain.el')

for (const name of ['config.toml', 'sockets.toml']) {
  test(`bridge/${name} is a configuration`, async () => {
    const file = inHome(`bridge-${name}`)
    const keys = ['user = "user@domain.com"', 'provider = "office365"', `client_id = "${appId}"`]
    const account = ['[[account]]', ...keys, 'tenant = "domain.com"'].join('\n')
    const bridges = await readFile(join(root, 'examples', 'bridge', name), 'utf8')
    await writeFile(file, `${account}\n${bridges}`, { mode: 0o600 })
    const program = join(root, 'bin', 'cms-oauthd.js')
    const { status, stderr } = await runProgram(program, ['--check', `--config=${file}`], home.env)
    assert.equal(status, 0, stderr)
  })
}

/** Puts an example, filled in, into the home. */
async function install(example: string, name: string): Promise<void> {
  const path = inHome(name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, await fillBridgeExample(example, login), { mode: 0o700 })
}

before(async () => {
  const files: [example: string, name: string][] = [
    ['swaks/swaksrc', '.swaksrc'],
    ['msmtp/msmtprc', 'msmtprc'],
    ['msmtp/msmtprc-socket', 'msmtprc-socket'],
    ['curl/send', 'send'],
    ['python/send.py', 'send.py'],
    ['s-nail/mailrc', 'mailrc'],
    ['mutt/muttrc', 'muttrc'],
    ['emacs/smtpmail.el', 'smtpmail.el'],
    ['emacs/authinfo', '.authinfo'],
    ['git/gitconfig', '.gitconfig'],
    ['php/php.ini', 'php/php.ini'],
    ['php/send.php', 'send.php'],
  ]
  for (const [example, name] of files) await install(example, name)
  await writeFile(
    inHome('a.patch'),
    `From: User <${user}>\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: [PATCH] hello\n\nbody\n---\n`,
  )
})

/** As run by `sh`, which has the example's place for its own; what it reads is the message. */
const commands: Record<string, [mechanism: string | undefined, ...command: string[]]> = {
  swaks: ['PLAIN', 'swaks', '--silent', '2', '--data', '-', '--to', friend],
  'msmtp with "auth on"': ['SCRAM-SHA-256', 'msmtp', '-C', inHome('msmtprc'), friend],
  'msmtp by a socket': [undefined, 'msmtp', '-C', inHome('msmtprc-socket'), friend],
  curl: ['PLAIN', inHome('send'), friend],
  Python: ['PLAIN', 'python3', inHome('send.py'), friend],
  's-nail': ['PLAIN', 's-nail', '-n', '-s', 'hello', friend],
  mutt: ['SCRAM-SHA-256', 'mutt', '-F', inHome('muttrc'), '-s', 'hello', friend],
  'Emacs smtpmail': ['PLAIN', 'emacs', '-Q', '--batch', '-l', inHome('smtpmail.el'), '-l', elisp],
  'git send-email': [
    'PLAIN',
    'git',
    'send-email',
    '--confirm=never',
    `--to=${friend}`,
    inHome('a.patch'),
  ],
  "PHP's mail()": [
    'SCRAM-SHA-256',
    'php',
    '-r',
    `exit(mail("${friend}", "hello", "body") ? 0 : 1);`,
  ],
  PHPMailer: ['LOGIN', 'php', inHome('send.php'), friend],
}

const env = {
  ...home.env,
  MAILRC: inHome('mailrc'),
  DEAD: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  PERL5LIB: '/opt/libauthen-sasl-perl/usr/share/perl5',
  PHP_INI_SCAN_DIR: `:${inHome('php')}`,
}

/** What came of it: the mechanism of the login, and the message as the mail server has it. */
async function send(run: () => Promise<Result>) {
  const [messages, lines] = [mail.messages.length, daemon.log.length]
  const { status, stdout, stderr } = await run()
  assert.equal(status, 0, `${stderr}${stdout}`)
  await daemon.logged((line) => {
    return daemon.log.indexOf(line) >= lines && line.event === 'bridge.closed'
  })
  assert.equal(mail.messages.length, messages + 1)
  const { user: sender, from, to = [], text = '' } = mail.messages.at(-1) ?? {}
  assert.deepEqual([sender, from], [user, user])
  assert.ok(to.includes(friend))
  assert.match(text, /Subject: .*\bhello\r?\n[^]*body/)
  return daemon.log.slice(lines).find(({ event }) => event === 'bridge.login')?.['mechanism']
}

for (const [name, [mechanism, program = '', ...args]] of Object.entries(commands)) {
  test(`${name} sends by ${mechanism ?? "the kernel's word"}`, async () => {
    const path = program.startsWith('/') ? program : installedProgram(program, program)
    assert.equal(await send(() => runProgram(path, args, env, letter)), mechanism)
  })
}

test('sSMTP sends by LOGIN, and says by its status that a mail is lost', async (t) => {
  const ssmtp = await openPackage('ssmtp')
  t.after(() => ssmtp.close())
  const file = await fillBridgeExample('ssmtp/ssmtp.conf', login)
  await ssmtp.write('/etc/ssmtp/ssmtp.conf', file, { group: 'mail' })
  const run = () => ssmtp.run('/usr/sbin/sendmail', ['-f', user, friend], letter)
  assert.equal(await send(run), 'LOGIN')
  mail.trouble = { at: 'login', says: '454 4.7.0 Temporary authentication failure' }
  const { status, stderr } = await run()
  mail.trouble = undefined
  assert.equal(status, 1)
  assert.match(stderr, /Authorization failed \(454 4\.7\.0 /)
})

// With its default options it takes SCRAM-SHA-256: see bridge-outages.test.ts.
test('Postfix sends by PLAIN', async (t) => {
  const lines = 'smtp_sasl_security_options = noanonymous\nsmtp_sasl_mechanism_filter = plain'
  const postfix = await startPostfixRelay(login, lines)
  t.after(() => postfix.close())
  const run = async () => {
    await postfix.submit(letter)
    return { status: 0, stdout: '', stderr: '' }
  }
  assert.equal(await send(run), 'PLAIN')
})
