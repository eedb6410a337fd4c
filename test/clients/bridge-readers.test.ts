/** The files of examples/bridge/ for programs that read, each with its program, through bridges without TLS. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { findGroupId, findUserId } from '../../src/kernel/user-database.ts'
import { type BridgeLogin, fillBridgeExample } from '../support/bridge-example.ts'
import { runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { provideReadingBridgeWorld } from '../support/reading-bridge-world.ts'

const world = await provideReadingBridgeWorld()
const { user, password, home, daemon, imap, pop } = world
const inHome = (name: string) => join(home.directory, name)
/** getmail delivers nothing as root. */
const asRoot = process.getuid?.() === 0
const asMail = asRoot ? ['setpriv', '--reuid=mail', '--regid=mail', '--clear-groups'] : []
const getmail = (file: string) => {
  return [...asMail, 'getmail', `--getmaildir=${inHome('Mail')}`, `--rcfile=${inHome(file)}`]
}
const login: BridgeLogin = {
  user,
  password,
  ports: { smtp: 1, imap: imap.port, pop: pop.port },
  more: {
    '/run/cms-oauth/imap.sock': imap.socket,
    '~/Mail': inHome('Mail'),
    '/usr/bin/procmail': `/bin/sh -c 'cat >> ${inHome('delivered')}'`,
  },
}
const fetchmail = (kind: string) => {
  const files = [
    '--pidfile',
    inHome('fetchmail.pid'),
    '--fetchmailrc',
    inHome(`fetchmailrc-${kind}`),
  ]
  return ['fetchmail', '--all', '--nodetach', '--nosyslog', ...files]
}
const mutt = (file: string) => {
  const keys = `push "<pipe-message>cat > ${inHome('delivered')}<enter><exit>"`
  return ['script', '-qec', `mutt -F ${inHome(file)} -z -e '${keys}'`, '/dev/null']
}
const reader = join(import.meta.dirname, 'emacs', 'read-plain.el')

/** The examples that a program reads, how it logs in, and how it is run. */
const programs: Record<string, [files: string[], mechanism: string | undefined, ...string[]]> = {
  'fetchmail by IMAP': [['fetchmail/fetchmailrc-imap'], 'LOGIN', ...fetchmail('imap')],
  'fetchmail by POP': [['fetchmail/fetchmailrc-pop'], 'USER', ...fetchmail('pop')],
  'fetchmail by a socket': [['fetchmail/fetchmailrc-socket'], undefined, ...fetchmail('socket')],
  'getmail by IMAP': [['getmail6/getmailrc'], 'LOGIN', ...getmail('getmailrc')],
  'getmail by POP': [['getmail6/getmailrc-pop'], 'USER', ...getmail('getmailrc-pop')],
  mbsync: [['mbsync/mbsyncrc'], 'SCRAM-SHA-256', 'mbsync', '-c', inHome('mbsyncrc'), '-a'],
  'mbsync by a socket': [
    ['mbsync/mbsyncrc-socket'],
    undefined,
    'mbsync',
    '-c',
    inHome('mbsyncrc-socket'),
    '-a',
  ],
  mpop: [['mpop/mpoprc'], 'SCRAM-SHA-256', 'mpop', '-C', inHome('mpoprc')],
  mutt: [['mutt/muttrc'], 'SCRAM-SHA-256', ...mutt('muttrc')],
  'mutt by a socket': [['mutt/muttrc-socket'], undefined, ...mutt('muttrc-socket')],
  Gnus: [
    ['emacs/gnus.el', 'emacs/authinfo'],
    'LOGIN',
    'emacs',
    '-Q',
    '--batch',
    '-l',
    inHome('gnus.el'),
    '-l',
    reader,
  ],
  curl: [['curl/fetch'], 'PLAIN', inHome('fetch')],
  'imaplib of Python': [['python/fetch.py'], 'LOGIN', 'python3', inHome('fetch.py')],
  'poplib of Python': [['python/fetch.py'], 'USER', 'python3', inHome('fetch.py'), 'pop'],
}

/** Puts examples, filled in, into the home, and no mail. */
async function prepare(files: readonly string[]): Promise<void> {
  await rm(inHome('delivered'), { force: true })
  await rm(inHome('Mail'), { recursive: true, force: true })
  for (const part of ['', 'cur', 'new', 'tmp']) {
    const path = inHome(join('Mail', part))
    await mkdir(path, { recursive: true })
    await giveToMail(path)
  }
  for (const file of files) {
    const name = file.endsWith('authinfo') ? '.authinfo' : file.slice(file.indexOf('/') + 1)
    await writeFile(inHome(name), await fillBridgeExample(file, login))
    await chmod(inHome(name), name === 'fetch' ? 0o700 : 0o600)
    if (name.startsWith('getmail')) await giveToMail(inHome(name))
  }
}

async function giveToMail(path: string): Promise<void> {
  if (asRoot) await chown(path, findUserId('mail') ?? 0, findGroupId('mail') ?? 0)
}

/** What has been delivered in any way. */
async function delivered(): Promise<string> {
  const names = await readdir(inHome('Mail'), { recursive: true })
  const mails = names
    .filter((name) => /(new|cur)\/./.test(name))
    .map((name) => inHome(join('Mail', name)))
  const all = [...mails, inHome('delivered')].map((path) => readFile(path, 'utf8').catch(() => ''))
  return (await Promise.all(all)).join('')
}

before(async () => {
  // As the user that getmail runs as.
  await chmod(home.directory, 0o711)
})

const env = { ...home.env, TERM: 'xterm', FETCHMAILHOME: home.directory }

for (const [name, [files, mechanism, program = '', ...args]] of Object.entries(programs)) {
  test(`${name} reads by ${mechanism ?? "the kernel's word"}`, async () => {
    await prepare(files)
    const lines = daemon.log.length
    const path = program.startsWith('/') ? program : installedProgram(program, program)
    const { status, stdout, stderr } = await runProgram(path, args, env)
    assert.equal(status, 0, `${stderr}${stdout}`)
    assert.match(`${stdout}${await delivered()}`, /Subject: hello[^]*fetched/)
    await daemon.logged((line) => {
      return daemon.log.indexOf(line) >= lines && line.event === 'bridge.closed'
    })
    const came = daemon.log.slice(lines).find(({ event }) => event === 'bridge.login')
    assert.equal(came?.['mechanism'], mechanism)
  })
}

test('fetchmail waits by IDLE, and fetches what comes', async () => {
  await prepare(['fetchmail/fetchmailrc-imap'])
  const file = inHome('fetchmailrc-imap')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('  keep', '  idle keep'))
  const [program = '', ...args] = fetchmail('imap')
  const child = spawn(installedProgram(program, program), [...args, '-v', '-v'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const said = untilSaid(child.stdout)
  await said(/IMAP> \S+ IDLE/)
  await world.dovecot.deliver(user, `From: friend@example.org\nSubject: later\n\nidle\n`)
  await said(/IMAP> \S+ IDLE[^]*IMAP> \S+ IDLE/)
  child.kill('SIGTERM')
  await ended
  assert.match(await delivered(), /Subject: later/)
})

/** Resolves once a stream has said something. */
function untilSaid(stream: NodeJS.ReadableStream): (words: RegExp) => Promise<void> {
  let text = ''
  stream.on('data', (data: Buffer) => (text += data.toString()))
  return async (words) => {
    while (!words.test(text)) await once(stream, 'data')
  }
}
