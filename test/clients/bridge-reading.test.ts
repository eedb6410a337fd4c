/** Programs that know only passwords read mail through a bridge without TLS, from a real Dovecot. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runClient, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { LineClient } from '../support/line-client.ts'
import { provideReadingBridgeWorld } from '../support/reading-bridge-world.ts'

const world = await provideReadingBridgeWorld()
const { user, password, home, daemon, dovecot, imap, pop } = world

/** Runs a program that reads; what it printed, and as whom and how it came in. */
async function read(program: string, args: readonly string[]) {
  const lines = daemon.log.length
  const { status, stdout, stderr } = await runProgram(program, args, home.env)
  assert.equal(status, 0, `${stderr}${stdout}`)
  await daemon.logged(({ event }) => event === 'bridge.closed', lines)
  const login = daemon.log.slice(lines).find(({ event }) => event === 'bridge.login')
  return { stdout, caller: login?.['caller'], mechanism: login?.['mechanism'] }
}

/** An empty Maildir, and what is in it later. */
async function createMaildir(name: string) {
  const path = join(home.directory, name)
  await rm(path, { recursive: true, force: true })
  for (const part of ['cur', 'new', 'tmp']) await mkdir(join(path, part), { recursive: true })
  const messages = async () => {
    const found = await readdir(join(path, 'new'))
    return Promise.all(found.map((file) => readFile(join(path, 'new', file), 'utf8')))
  }
  return { path, messages }
}

const stores: [name: string, keys: string, caller: string, mechanism: string | undefined][] = [
  [
    'with a password',
    `Host 127.0.0.1\nPort ${imap.port}\nSSLType None\nUser ${user}\nPass ${password}\nAuthMechs LOGIN`,
    'test',
    'LOGIN',
  ],
  [
    'by SASL',
    `Host 127.0.0.1\nPort ${imap.port}\nSSLType None\nUser ${user}\nPass ${password}\nAuthMechs PLAIN`,
    'test',
    'PLAIN',
  ],
]

for (const [name, keys, caller, mechanism] of stores) {
  test(`mbsync synchronizes ${name}`, async () => {
    const maildir = await createMaildir('INBOX')
    const local = `MaildirStore local\nInbox ${maildir.path}\n`
    const channel = 'Channel inbox\nFar :remote:\nNear :local:\nSync Pull\nSyncState *\n'
    const file = join(home.directory, 'mbsyncrc')
    await writeFile(file, `IMAPStore remote\n${keys}\n\n${local}\n${channel}`)
    const came = await read(installedProgram('mbsync', 'isync'), ['-c', file, '-a'])
    assert.deepEqual([came.caller, came.mechanism], [caller, mechanism])
    const [message = ''] = await maildir.messages()
    assert.match(message, /Subject: hello[^]*fetched/)
  })
}

/** Python's imaplib, whose login is the command LOGIN with a quoted password. */
function imaplib(...lines: string[]): string[] {
  const login = `m.login("${user.toUpperCase()}", "${password}")`
  return [
    '-c',
    ['import imaplib', `m = imaplib.IMAP4("127.0.0.1", ${imap.port})`, login, ...lines].join('\n'),
  ]
}

const python = installedProgram('python3', 'python3')

test("Python's imaplib reads, with ENABLE and literals after the login", async () => {
  const script = imaplib(
    'print(m.enable("UTF8=ACCEPT"))',
    'm.append("INBOX", None, None, b"Subject: appended\\r\\n\\r\\nliteral\\r\\n")',
    'm.select()',
    'print([m.fetch(n, "(RFC822)")[1][0][1] for n in m.search(None, "ALL")[1][0].split()])',
    'm.store(m.search(None, "ALL")[1][0].split()[-1], "+FLAGS", "\\\\Deleted")',
    'm.expunge()',
    'm.logout()',
  )
  const { stdout, mechanism } = await read(python, script)
  assert.match(stdout, /^\('OK'[^]*fetched[^]*literal/)
  assert.equal(mechanism, 'LOGIN')
})

test("Python's imaplib logs in by PLAIN", async () => {
  const script = [
    'import imaplib',
    `m = imaplib.IMAP4("127.0.0.1", ${imap.port})`,
    `m.authenticate("PLAIN", lambda _: b"\\x00${user}\\x00${password}")`,
    'print(m.select())',
    'm.logout()',
  ]
  const { stdout, mechanism } = await read(python, ['-c', script.join('\n')])
  assert.match(stdout, /^\('OK', \[b'1'\]\)/)
  assert.equal(mechanism, 'PLAIN')
})

test("Python's poplib reads without a password through a socket, whatever it says", async () => {
  const script = [
    'import poplib, socket',
    'class Local(poplib.POP3):',
    '  def _create_socket(self, timeout):',
    '    s = socket.socket(socket.AF_UNIX)',
    `    s.connect("${pop.socket}")`,
    '    return s',
    'm = Local("local")',
    `m.user("${user}")`,
    'm.pass_("anything")',
    'print(m.stat()[0])',
    'm.quit()',
  ]
  const { stdout, caller } = await read(python, ['-c', script.join('\n')])
  assert.deepEqual([stdout, caller], ['1\n', 'peer'])
})

for (const [auth, mechanism] of [
  ['on', 'SCRAM-SHA-256'],
  ['plain', 'PLAIN'],
  ['login', 'LOGIN'],
  ['user', 'USER'],
] as const) {
  test(`mpop with "auth ${auth}" fetches by ${mechanism}`, async () => {
    const maildir = await createMaildir('Mail')
    const file = join(home.directory, 'mpoprc')
    const lines = [
      'account default',
      'host 127.0.0.1',
      `port ${pop.port}`,
      'tls off',
      `auth ${auth}`,
    ]
    const rest = [
      `user ${user}`,
      `password ${password}`,
      'keep on',
      `delivery maildir ${maildir.path}`,
    ]
    const uidls = `uidls_file ${join(home.directory, `uidls-${auth}`)}`
    await writeFile(file, [...lines, ...rest, uidls, ''].join('\n'), { mode: 0o600 })
    const came = await read(installedProgram('mpop', 'mpop'), ['-C', file])
    assert.equal(came.mechanism, mechanism)
    const [message = ''] = await maildir.messages()
    assert.match(message, /Subject: hello[^]*fetched/)
  })
}

const tagged = (tag: string) => new RegExp(`^${tag} .*\\r\\n`, 'm')

test('all in one packet: each command is answered under its own tag', async () => {
  const client = new LineClient({ port: imap.port, host: '127.0.0.1' })
  const quoted = `"${user}" {${password.length}+}\r\n${password}`
  client.socket.write(`x.1 LOGIN ${quoted}\r\nx.2 SELECT INBOX\r\nx.3 LOGOUT\r\n`)
  const all = await client.rest()
  assert.match(all, /^\* OK \[CAPABILITY IMAP4rev1 [^\]]*\bIDLE\b/)
  assert.match(all, /^\* CAPABILITY IMAP4rev1 [^]*^x\.1 OK [^]*^x\.2 OK [^]*^\* BYE [^]*^x\.3 OK /m)
  assert.equal(all.match(/CAPABILITY IMAP4rev1/g)?.length, 2)
})

test('byte by byte is the same', async () => {
  const client = new LineClient({ port: imap.port, host: '127.0.0.1' })
  client.socket.setNoDelay(true)
  await client.say('', /^\* OK .*\r\n/)
  for (const byte of `y LOGIN ${user} {${password.length}}\r\n`) client.socket.write(byte)
  await client.say('', /^\+ .*\r\n/m)
  for (const byte of `${password}\r\n`) client.socket.write(byte)
  assert.match(await client.say('', tagged('y')), /^y OK /m)
  client.socket.write('z LOGOUT\r\n')
  assert.match(await client.rest(), /^z OK /m)
})

test('a peer is greeted with what there is after the login', async () => {
  const client = new LineClient({ path: imap.socket })
  const greeting = await client.say('', /^\* .*\r\n/)
  assert.match(
    greeting,
    /^\* PREAUTH \[CAPABILITY IMAP4rev1 [^\]]*\bUIDPLUS\b[^\]]*\] logged in\r\n$/,
  )
  assert.match(await client.say('a IDLE\r\n', /^\+ .*\r\n/m), /^\+ idling\r\n$/)
  client.socket.write('DONE\r\nb LOGOUT\r\n')
  assert.match(await client.rest(), /^a OK [^]*^b OK /m)
})

test('a sign-in that is needed is said, to programs of either protocol, and never a wrong password', async () => {
  assert.equal((await runClient(home, ['logout', user])).status, 0)
  const byImap = new LineClient({ port: imap.port, host: '127.0.0.1' })
  const no = await byImap.say(`a LOGIN ${user} ${password}\r\n`, tagged('a'))
  assert.match(no, /^a NO \[CONTACTADMIN\] .*cms-oauth login/m)
  byImap.socket.destroy()
  const byPop = new LineClient({ port: pop.port, host: '127.0.0.1' })
  const err = await byPop.say(`USER ${user}\r\nPASS ${password}\r\n`, /^-ERR.*\r\n/m)
  assert.match(err, /^-ERR \[SYS\/PERM\] .*cms-oauth login/m)
  byPop.socket.destroy()
  const peer = new LineClient({ path: imap.socket })
  assert.match(await peer.rest(), /^\* BYE \[CONTACTADMIN\] .*cms-oauth login/)
  assert.match(
    await dovecot.log(),
    /imap-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/,
  )
})
