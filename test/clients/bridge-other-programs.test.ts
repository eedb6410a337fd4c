/**
 * More programs for which there is no example, mostly Debian's, set up by what their own manuals say for a server,
 * a port, a user name and a password. What each reads is on its standard output, or in a file of its home.
 */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { friend, letterFrom } from '../support/sending-programs.ts'
import { provideOtherProgramsWorld } from '../support/other-programs-world.ts'

const world = await provideOtherProgramsWorld()
const { user, home, mail, daemon, dovecot, password, ports } = world
const inHome = (name: string) => join(home.directory, name)
const file = inHome('settings')
const escaped = user.replace('@', '%40')

interface Program {
  /** What is run, without a shell; ~ is the home. */
  command: string
  /** What it is told in the file `~/settings`. */
  settings?: string
  /** How it logs in. */
  mechanism: string
  /** Where what it read is; absent: on its standard output. */
  reads?: string
  env?: NodeJS.ProcessEnv
}

const smtp = `'127.0.0.1', ${ports.smtp}`
const php = 'php -d include_path=/usr/share/php ~/settings'

const senders: Record<string, Program> = {
  aiosmtplib: {
    command: '/usr/bin/python3 ~/settings',
    settings:
      'import aiosmtplib, asyncio\nfrom email.message import EmailMessage\nm = EmailMessage()\n' +
      `m['From'], m['To'], m['Subject'] = '${user}', '${friend}', 'hello'\nm.set_content('body')\n` +
      `asyncio.run(aiosmtplib.send(m, hostname='127.0.0.1', port=${ports.smtp}, username='${user}',\n` +
      `  password='${password}', start_tls=False))\n`,
    mechanism: 'PLAIN',
  },
  'check_smtp of Nagios': {
    command: `/usr/lib/nagios/plugins/check_smtp -H 127.0.0.1 -p ${ports.smtp} -A LOGIN -U ${user} -P ${password}`,
    mechanism: 'LOGIN',
  },
  esmtp: {
    command: `esmtp -C ~/settings -f ${user} ${friend}`,
    settings: `hostname = 127.0.0.1:${ports.smtp}\nusername = "${user}"\npassword = "${password}"\n`,
    mechanism: 'PLAIN',
  },
  'mail of mailutils': {
    command: `/opt/cron/usr/bin/mail.mailutils -r ${user} -s hello ${friend}`,
    settings: `set sendmail=smtp://${escaped}:${password}@127.0.0.1:${ports.smtp}\n`,
    mechanism: 'LOGIN',
    env: { MAILRC: file, LD_LIBRARY_PATH: '/opt/cron/usr/lib/x86_64-linux-gnu' },
  },
  neomutt: {
    command: `neomutt -F ~/settings -s hello ${friend}`,
    settings:
      `set smtp_url="smtp://${user}@127.0.0.1:${ports.smtp}" smtp_pass="${password}" from=${user}\n` +
      'set ssl_starttls=no ssl_force_tls=no copy=no\n',
    mechanism: 'SCRAM-SHA-256',
  },
  'PEAR Net_SMTP': {
    command: php,
    settings:
      `<?php\nrequire 'Net/SMTP.php';\n$s = new Net_SMTP(${smtp});\n` +
      `$steps = ['connect' => [], 'auth' => ['${user}', '${password}'], 'mailFrom' => ['${user}'],\n` +
      `  'rcptTo' => ['${friend}'], 'data' => ["Subject: hello\\r\\n\\r\\nbody\\r\\n"]];\n` +
      'foreach ($steps as $step => $with) if (PEAR::isError($error = $s->$step(...$with))) exit($error->getMessage());\n',
    mechanism: 'LOGIN',
  },
  'rss2email, which logs in with TLS alone,': {
    command: 'r2e -c ~/settings -d ~/r2e.json run',
    settings:
      `[DEFAULT]\nfrom = ${user}\nforce-from = True\nto = ${friend}\nemail-protocol = smtp\nsmtp-auth = True\n` +
      `smtp-server = 127.0.0.1\nsmtp-port = ${ports.smtpStarttls}\nsmtp-username = ${user}\nsmtp-password = ${password}\n` +
      `[feed.hello]\nurl = file://${inHome('feed.xml')}\n`,
    mechanism: 'PLAIN',
    env: { SSL_CERT_FILE: inHome('bridge.pem') },
  },
  'Ruby mail': {
    command: 'ruby ~/settings',
    settings:
      `require 'mail'\nMail.defaults do\n  delivery_method :smtp, address: '127.0.0.1', port: ${ports.smtp},\n` +
      `    user_name: '${user}', password: '${password}', authentication: :login\nend\n` +
      `Mail.deliver { from '${user}'; to '${friend}'; subject 'hello'; body 'body' }\n`,
    mechanism: 'LOGIN',
  },
  'send of nmh': {
    command: `/usr/bin/mh/send -mts smtp -server 127.0.0.1 -port ${ports.smtp} -sasl -user ${user} -notls ~/draft`,
    mechanism: 'SCRAM-SHA-256',
    env: { PATH: `${process.env['PATH']}:/usr/bin/mh` },
  },
  sendemail: {
    command: `sendemail -f ${user} -t ${friend} -u hello -m body -s 127.0.0.1:${ports.smtp} -xu ${user} -xp ${password}`,
    mechanism: 'LOGIN',
  },
  SwiftMailer: {
    command: php,
    settings:
      `<?php\nrequire 'Swift/autoload.php';\n$m = (new Swift_Message('hello'))->setFrom('${user}')->setTo('${friend}')->setBody('body');\n` +
      `(new Swift_Mailer((new Swift_SmtpTransport(${smtp}))->setUsername('${user}')->setPassword('${password}')))->send($m);\n`,
    mechanism: 'LOGIN',
  },
}

const readers: Record<string, Program> = {
  imaplib2: {
    command: '/usr/bin/python3 ~/settings',
    settings:
      `import imaplib2\nm = imaplib2.IMAP4('127.0.0.1', ${ports.imap})\nm.login('${user}', '${password}')\n` +
      "m.select('INBOX')\nprint(m.fetch('1', '(RFC822)')[1][0][1].decode())\nm.logout()\n",
    mechanism: 'LOGIN',
  },
  'inc of nmh with SASL': {
    command: `/usr/bin/mh/inc -host 127.0.0.1 -port ${ports.pop} -user ${user} -sasl -notls -notruncate`,
    mechanism: 'SCRAM-SHA-256',
    reads: 'mh/inbox/1',
  },
  'Mail::IMAPTalk of Perl': {
    command: 'perl ~/settings',
    settings:
      `use Mail::IMAPTalk;\nmy $i = Mail::IMAPTalk->new(Server => '127.0.0.1', Port => ${ports.imap}, ` +
      `Username => '${user}', Password => '${password}') or die $@;\n` +
      `$i->select('INBOX') or die;\nprint $i->fetch(1, 'rfc822')->{1}{rfc822};\n$i->logout;\n`,
    mechanism: 'LOGIN',
  },
  mailfilter: {
    command: 'mailfilter -M ~/settings -t -v 5',
    settings:
      `LOGFILE="${inHome('mailfilter.log')}"\nSERVER="127.0.0.1"\nUSER="${user}"\nPASS="${password}"\n` +
      `PROTOCOL="pop3"\nPORT=${ports.pop}\nDENY="^Subject:.*nothing"\n`,
    mechanism: 'USER',
    reads: 'mailfilter.log',
  },
  'movemail of mailutils by IMAP': movemail('imap', 'LOGIN'),
  'movemail of mailutils by POP': movemail('pop', 'USER'),
  'Net::IMAP::Simple of Perl': {
    command: 'perl ~/settings',
    settings:
      `use Net::IMAP::Simple;\nmy $i = Net::IMAP::Simple->new('127.0.0.1:${ports.imap}') or die;\n` +
      `$i->login('${user}', '${password}') or die $i->errstr;\n$i->select('INBOX');\nprint @{$i->get(1)};\n$i->quit;\n`,
    mechanism: 'LOGIN',
  },
}

function movemail(protocol: 'imap' | 'pop', mechanism: string): Program {
  const from = `${protocol}://${escaped}:${password}@127.0.0.1:${ports[protocol]}`
  return {
    command: `/opt/cron/usr/bin/movemail.mailutils -p ${from} ~/${protocol}-mbox`,
    mechanism,
    reads: `${protocol}-mbox`,
    env: { LD_LIBRARY_PATH: '/opt/cron/usr/lib/x86_64-linux-gnu' },
  }
}

/** Runs it; resolves with what it printed. */
async function run({ command, settings = '', mechanism, env }: Program): Promise<string> {
  const before = daemon.log.length
  await writeFile(file, settings, { mode: 0o600 })
  const [program = '', ...args] = command.replaceAll('~', home.directory).split(' ')
  const path = program.startsWith('/') ? program : installedProgram(program, program)
  const { status, stdout, stderr } = await runProgram(
    path,
    args,
    { ...home.env, ...env },
    letterFrom(user),
  )
  assert.equal(status, 0, stdout + stderr)
  await daemon.logged(({ event }) => event === 'bridge.closed', before)
  const login = daemon.log.slice(before).find(({ event }) => event === 'bridge.login')
  assert.equal(login?.['mechanism'], mechanism)
  return stdout
}

for (const [name, program] of Object.entries(senders)) {
  test(`${name} sends`, async () => {
    const before = mail.messages.length
    await writeFile(inHome('draft'), letterFrom(user))
    await run(program)
    // It logs in and no more.
    if (name.startsWith('check_')) return
    const [sent, ...more] = mail.messages.slice(before)
    assert.deepEqual(more, [])
    assert.deepEqual([sent?.user, sent?.from, sent?.to], [user, user, [friend]])
    assert.match(sent?.text ?? '', /^Subject: hello\r$/m)
  })
}

for (const [name, program] of Object.entries(readers)) {
  test(`${name} reads`, async () => {
    // The maildrop is empty after movemail.
    await dovecot.deliver(user, `From: ${friend}\nTo: ${user}\nSubject: hello\n\nfetched\n`)
    const stdout = await run(program)
    const { reads } = program
    const read = reads === undefined ? stdout : await readFile(inHome(reads), 'utf8')
    assert.match(read, name === 'mailfilter' ? /Pass: .*hello/ : /Subject: hello[^]*fetched/)
  })
}
