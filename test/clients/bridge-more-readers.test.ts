/** Programs for which there is no example read mail through bridges without TLS, by what their manuals say. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { installedProgram } from '../support/installed-program.ts'
import { provideReadingBridgeWorld } from '../support/reading-bridge-world.ts'

const world = await provideReadingBridgeWorld()
const { user, password, home, daemon, imap, pop } = world
const file = join(home.directory, 'settings')
const maildir = join(home.directory, 'Mail')

interface Reader {
  program: [name: string, debianPackage: string]
  args: string[]
  /** What it is told in a file. */
  settings: string
  mechanism: string
}

const readers: Record<string, Reader> = {
  imapfilter: {
    program: ['imapfilter', 'imapfilter'],
    args: ['-c', file],
    settings:
      `a = IMAP { server = '127.0.0.1', port = ${imap.port}, username = '${user}', password = '${password}' }\n` +
      'for _, found in ipairs(a.INBOX:select_all()) do\n' +
      '  mailbox, uid = table.unpack(found)\n  print(mailbox[uid]:fetch_message())\nend\n',
    mechanism: 'LOGIN',
  },
  offlineimap: {
    program: ['offlineimap', 'offlineimap3'],
    args: ['-o', '-u', 'basic', '-c', file],
    settings:
      `[general]\naccounts = a\nmetadata = ${home.directory}/offlineimap\n` +
      '[Account a]\nlocalrepository = here\nremoterepository = there\n' +
      `[Repository here]\ntype = Maildir\nlocalfolders = ${maildir}\n` +
      `[Repository there]\ntype = IMAP\nremotehost = 127.0.0.1\nremoteport = ${imap.port}\n` +
      `ssl = no\nstarttls = no\nremoteuser = ${user}\nremotepass = ${password}\n`,
    mechanism: 'PLAIN',
  },
  'Net::POP3 of Perl': {
    program: ['perl', 'perl'],
    args: [file],
    settings:
      `use Net::POP3;\nmy $pop = Net::POP3->new('127.0.0.1', Port => ${pop.port}) or die;\n` +
      `$pop->login('${user}', '${password}') or die;\nprint @{$pop->get(1)};\n$pop->quit;\n`,
    mechanism: 'USER',
  },
}

for (const [name, { program, args, settings, mechanism }] of Object.entries(readers)) {
  test(`${name} reads by ${mechanism}`, async () => {
    const lines = daemon.log.length
    await writeFile(file, settings)
    const child = spawn(installedProgram(...program), args, {
      env: home.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ])
    assert.equal(status, 0, stdout + stderr)
    const read = name === 'offlineimap' ? await delivered() : stdout
    assert.match(read, /Subject: hello[^]*fetched/)
    await daemon.logged(({ event }) => event === 'bridge.closed', lines)
    const came = daemon.log.slice(lines).find(({ event }) => event === 'bridge.login')
    assert.equal(came?.['mechanism'], mechanism)
  })
}

/** What is in the Maildir. */
async function delivered(): Promise<string> {
  const names = await readdir(maildir, { recursive: true }).catch(() => [])
  const messages = names.filter((name) => /(?:new|cur)\/./.test(name))
  return (await Promise.all(messages.map((each) => readFile(join(maildir, each), 'utf8')))).join('')
}
