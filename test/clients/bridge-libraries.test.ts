/**
 * Libraries of other languages, and programs for which there is no example, read and send through bridges without
 * TLS. What each reads is on its standard output, or in a file of its home.
 */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runClient, runProgram } from '../support/daemon.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { installedProgram } from '../support/installed-program.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength: 1_800 })
after(() => world.close())
const { user, home, mail, provider } = world
const dovecot: Dovecot = await startDovecot(provider)
after(() => dovecot.close())
const [smtp = 0, imap = 0, pop = 0] = await findFreePorts(3)
const bridges = Object.entries({
  SMTP: [smtp, `localhost:${mail.port}/starttls`],
  IMAP: [imap, `localhost:${dovecot.ports.imaps}/tls`],
  POP: [pop, `localhost:${dovecot.ports.pop}/starttls`],
}).map(
  ([protocol, [port, server]]) =>
    `[[bridge]]\nprotocol = "${protocol}"\nlisten = "127.0.0.1:${port}"\n` +
    `accounts = ["${user}"]\nserver = "${server}"\n`,
)
const daemon = await startSignedIn(world, [accountToml(world), ...bridges].join('\n'))
after(() => daemon.stop())
const password = (await runClient(home, ['bridge', 'add-password', 'test'])).stdout.trim()

interface Program {
  program: [name: string, debianPackages: string]
  args: string[]
  /** What it is told in the file. */
  settings: string
  /** How it logs in, in this order. */
  mechanisms: string[]
  /** Where what it read is; absent: on its standard output. */
  reads?: string
}

const file = join(home.directory, 'settings')
const netrc = `machine 127.0.0.1 login ${user} password ${password}\n`
await writeFile(join(home.directory, '.netrc'), netrc, { mode: 0o600 })
await writeFile(join(home.directory, '.mh_profile'), 'Path: mh\n')

const perlImap = `Server => '127.0.0.1', Port => ${imap}, User => '${user}', Password => '${password}'`
const perlOptions = `port => ${imap}, user => '${user}', pass => '${password}', ssl => 0`

const readers: Record<string, Program> = {
  'Mail::IMAPClient of Perl': {
    program: ['perl', 'libmail-imapclient-perl'],
    args: [file],
    settings:
      `use Mail::IMAPClient;\nfor my $how ('LOGIN', 'PLAIN') {\n` +
      `  my $i = Mail::IMAPClient->new(${perlImap}, Authmechanism => $how) or die $@;\n` +
      `  $i->select('INBOX') or die;\n  print $i->message_string(1);\n  $i->logout;\n}\n`,
    mechanisms: ['LOGIN', 'PLAIN'],
  },
  'Net::IMAP::Client of Perl': {
    program: ['perl', 'libnet-imap-client-perl'],
    args: [file],
    settings:
      `use Net::IMAP::Client;\nmy $i = Net::IMAP::Client->new(server => '127.0.0.1', ${perlOptions}) or die;\n` +
      `$i->login or die;\n$i->select('INBOX');\nprint \${$i->get_rfc822_body(1)};\n$i->logout;\n`,
    mechanisms: ['LOGIN'],
  },
  'Mail::POP3Client of Perl': {
    program: ['perl', 'libmail-pop3client-perl'],
    args: [file],
    settings:
      `use Mail::POP3Client;\nmy $p = Mail::POP3Client->new(USER => '${user}', PASSWORD => '${password}', ` +
      `HOST => '127.0.0.1', PORT => ${pop}, AUTH_MODE => 'BEST');\ndie if $p->Count < 1;\n` +
      `print join("\\n", $p->HeadAndBody(1));\n$p->Close;\n`,
    mechanisms: ['USER'],
  },
  'net/imap and net/pop of Ruby': {
    program: ['ruby', 'ruby'],
    args: [file],
    settings:
      `require 'net/imap'\nrequire 'net/pop'\n%w[PLAIN LOGIN].each do |how|\n` +
      `  i = Net::IMAP.new('127.0.0.1', port: ${imap})\n  i.authenticate(how, '${user}', '${password}')\n` +
      `  i.select('INBOX')\n  i.fetch(1, 'BODY[]')\n  i.logout\n  i.disconnect\nend\n` +
      `Net::POP3.start('127.0.0.1', ${pop}, '${user}', '${password}') { |p| print p.mails[0].pop }\n`,
    mechanisms: ['PLAIN', 'LOGIN', 'USER'],
  },
  fdm: {
    program: ['fdm', 'fdm'],
    args: ['-f', file, 'fetch'],
    settings:
      `set lock-file "${home.directory}/fdm.lock"\naction "keep" mbox "${home.directory}/mbox"\n` +
      `account "i" imap server "127.0.0.1" port ${imap} user "${user}" pass "${password}" keep\n` +
      `match all action "keep"\n`,
    mechanisms: ['LOGIN'],
    reads: 'mbox',
  },
  'inc of nmh': {
    program: ['mh/inc', 'nmh'],
    args: ['-host', '127.0.0.1', '-port', String(pop), '-user', user, '-notruncate', '-nosasl'],
    settings: '',
    mechanisms: ['USER'],
    reads: 'mh/inbox/1',
  },
}

const perlLogin = `$s->auth('${user}', '${password}') or die $s->message`
const letter = `From: ${user}\r\nTo: friend@example.org\r\nSubject: hello\r\n\r\n.sent\r\n`

const senders: Record<string, Program> = {
  'Net::SMTP of Perl': {
    program: ['perl', 'libauthen-sasl-perl'],
    args: [file],
    settings:
      `use lib '/opt/libauthen-sasl-perl/usr/share/perl5';\nuse Net::SMTP;\n` +
      `my $s = Net::SMTP->new('127.0.0.1', Port => ${smtp}, Hello => '[127.0.0.1]') or die;\n${perlLogin};\n` +
      `$s->mail('${user}') or die;\n$s->to('friend@example.org') or die;\n` +
      `$s->data(${JSON.stringify(letter).replaceAll('@', '\\@')}) or die $s->message;\n$s->quit;\n`,
    mechanisms: ['PLAIN'],
  },
  'net/smtp of Ruby': {
    program: ['ruby', 'ruby'],
    args: [file],
    settings:
      `require 'net/smtp'\nNet::SMTP.start('127.0.0.1', ${smtp}, 'x', '${user}', '${password}', :login) do |s|\n` +
      `  s.send_message(${JSON.stringify(letter)}, '${user}', 'friend@example.org')\nend\n`,
    mechanisms: ['LOGIN'],
  },
  LuaSocket: {
    program: ['lua5.3', 'lua5.3 lua-socket'],
    args: [file],
    settings:
      `local smtp = require("socket.smtp")\nassert(smtp.send{from = "<${user}>", rcpt = "<friend@example.org>",\n` +
      `  server = "127.0.0.1", port = ${smtp}, user = "${user}", password = "${password}",\n` +
      `  source = smtp.message{headers = {subject = "hello"}, body = ".sent\\r\\n"}})\n`,
    mechanisms: ['LOGIN'],
  },
  'tcllib of Tcl': {
    program: ['tclsh', 'tcl tcllib'],
    args: [file],
    settings:
      `package require mime\npackage require smtp\nset t [mime::initialize -canonical text/plain -string ".sent\\n"]\n` +
      `smtp::sendmessage $t -servers 127.0.0.1 -ports ${smtp} -username ${user} -password ${password} -usetls 0 ` +
      `-header {Subject hello} -originator ${user} -recipients friend@example.org\n`,
    mechanisms: ['LOGIN'],
  },
}

/** Runs it; resolves with what it printed. */
async function run({ program, args, settings, mechanisms }: Program): Promise<string> {
  const before = daemon.log.length
  await writeFile(file, settings, { mode: 0o600 })
  const { status, stdout, stderr } = await runProgram(installedProgram(...program), args, home.env)
  assert.equal(status, 0, stdout + stderr)
  const logins = () => daemon.log.slice(before).filter(({ event }) => event === 'bridge.login')
  await daemon.logged(() => logins().length >= mechanisms.length)
  assert.deepEqual(
    logins().map((line) => line['mechanism']),
    mechanisms,
  )
  return stdout
}

for (const [name, program] of Object.entries(readers)) {
  test(`${name} reads`, async () => {
    // The maildrop is empty after inc.
    const text = `From: friend@example.org\nTo: ${user}\nSubject: hello\n\nfetched\n`
    await dovecot.deliver(user, text)
    const stdout = await run(program)
    const { reads } = program
    const read = reads === undefined ? stdout : await readFile(join(home.directory, reads), 'utf8')
    assert.match(read, /Subject: hello[^]*fetched/)
  })
}

for (const [name, program] of Object.entries(senders)) {
  test(`${name} sends`, async () => {
    const before = mail.messages.length
    await run(program)
    const [sent, ...more] = mail.messages.slice(before)
    assert.deepEqual(more, [])
    assert.equal(sent?.user, user)
    assert.match(sent.text, /Subject: hello\r\n[^]*\r\n\.sent\r\n/i)
  })
}
