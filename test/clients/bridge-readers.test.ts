/** The files of examples/bridge/ for programs that read, each with its program, through bridges without TLS. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { provideReadingBridgeWorld } from '../support/reading-bridge-world.ts'
import { type ReadingProgramName, ReadingPrograms } from '../support/reading-programs.ts'

const world = await provideReadingBridgeWorld()
const { user, password, home, daemon, imap, pop } = world
const programs = new ReadingPrograms(home, {
  user,
  password,
  ports: { imap: imap.port, pop: pop.port, smtp: 1 },
  more: { '/run/cms-oauth/imap.sock': imap.socket },
})

/** How each of them logs in. */
const mechanisms: Record<ReadingProgramName, string | undefined> = {
  'fetchmail by IMAP': 'LOGIN',
  'fetchmail by POP': 'USER',
  'fetchmail by a socket': undefined,
  'getmail by IMAP': 'LOGIN',
  'getmail by POP': 'USER',
  mbsync: 'SCRAM-SHA-256',
  'mbsync by a socket': undefined,
  mpop: 'SCRAM-SHA-256',
  mutt: 'SCRAM-SHA-256',
  'mutt by a socket': undefined,
  Gnus: 'LOGIN',
  curl: 'PLAIN',
  'imaplib of Python': 'LOGIN',
  'imap_open of PHP by IMAP': 'PLAIN',
  'imap_open of PHP by POP': 'PLAIN',
  'poplib of Python': 'USER',
}

for (const [name, mechanism] of Object.entries(mechanisms)) {
  test(`${name} reads by ${mechanism ?? "the kernel's word"}`, async () => {
    const lines = daemon.log.length
    const { status, stdout, stderr } = await programs.run(name as ReadingProgramName)
    assert.equal(status, 0, `${stderr}${stdout}`)
    assert.match(`${stdout}${await programs.delivered()}`, /Subject: hello[^]*fetched/)
    await daemon.logged(({ event }) => event === 'bridge.closed', lines)
    const came = daemon.log.slice(lines).find(({ event }) => event === 'bridge.login')
    assert.equal(came?.['mechanism'], mechanism)
  })
}

test('fetchmail waits by IDLE, and fetches what comes', async () => {
  const [[program = '', ...args], env] = await programs.prepare('fetchmail by IMAP')
  const file = join(home.directory, 'fetchmailrc-imap')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('  keep', '  idle keep'))
  const child = spawn(program, [...args, '-v', '-v'], {
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
  assert.match(await programs.delivered(), /Subject: later/)
})

/** Resolves once a stream has said something. */
function untilSaid(stream: NodeJS.ReadableStream): (words: RegExp) => Promise<void> {
  let text = ''
  stream.on('data', (data: Buffer) => (text += data.toString()))
  return async (words) => {
    while (!words.test(text)) await once(stream, 'data')
  }
}
