import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  parseSendmailArguments,
  type SendmailCommand,
} from '../../src/command-line/sendmail-arguments.ts'

type Expected = Partial<Extract<SendmailCommand, { mode: 'submit' }>>

/** What is not named is as the plainest command line has it. */
function submit(expected: Expected = {}): SendmailCommand {
  return {
    mode: 'submit',
    addresses: [],
    readsRecipients: false,
    ignoresDots: false,
    isVerbose: false,
    ...expected,
  }
}

const i = { ignoresDots: true }
const t = { readsRecipients: true }
const ti = { ...i, ...t }

/** Who calls, what stands after `sendmail`, what it means. */
type Row = [string, string[], Expected]

const submissions: Row[] = [
  [
    'Debian cron',
    ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'alice'],
    { ...i, name: 'CronDaemon', addresses: ['alice'] },
  ],
  [
    'Debian cron, MAILTO of two',
    ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'ops@x.org,root'],
    { ...i, name: 'CronDaemon', addresses: ['ops@x.org,root'] },
  ],
  [
    'cronie',
    ['-FCronDaemon', '-i', '-odi', '-oem', '-oi', '-t', '-f', 'root'],
    { ...ti, name: 'CronDaemon', sender: 'root' },
  ],
  [
    'cronie 1.7',
    ['-FCronDaemon', '-i', '-odi', '-oem', '-oi', '-t', '-f', '<>'],
    { ...ti, name: 'CronDaemon', sender: '<>' },
  ],
  ['systemd-cron', ['-i', '-B8BITMIME', 'root'], { ...i, addresses: ['root'] }],
  ['anacron', ['-FAnacron', '-odi', 'root'], { name: 'Anacron', addresses: ['root'] }],
  ['at', ['-i', 'alice'], { ...i, addresses: ['alice'] }],
  ['sudo', ['-t'], t],
  ['fail2ban', ['-f', 'fail2ban', 'root'], { sender: 'fail2ban', addresses: ['root'] }],
  ['mdadm', ['-t'], t],
  ['unattended-upgrades', ['-oi', '-t'], ti],
  ['PHP', ['-t', '-i'], ti],
  ['PHP with -f', ['-t', '-i', '-fwww@x.org'], { ...ti, sender: 'www@x.org' }],
  ['PHP with -f apart', ['-t', '-i', '-f', 'www@x.org'], { ...ti, sender: 'www@x.org' }],
  ['PHP with a file', ['-t', '-i', '-X/var/www/shell.php', '-OQueueDirectory=/tmp'], ti],
  ['bsd-mailx', ['-i', '-t'], ti],
  ['bsd-mailx -r', ['-i', '-t', '-f', 'me@x.org'], { ...ti, sender: 'me@x.org' }],
  ['s-nail', ['-i', '--', 'a@x', 'b@x'], { ...i, addresses: ['a@x', 'b@x'] }],
  [
    's-nail -r',
    ['-i', '-f', 'me@x', '--', '-odd@x'],
    { ...i, sender: 'me@x', addresses: ['-odd@x'] },
  ],
  ['mailutils', ['-oi', '-f', 'me@x', '-t'], { ...ti, sender: 'me@x' }],
  [
    'mutt',
    ['-oem', '-oi', '-f', 'me@x', '-N', 'failure,delay', '-R', 'hdrs', '--', 'a@x'],
    { ...i, sender: 'me@x', addresses: ['a@x'] },
  ],
  ['git send-email', ['-i', 'a@x', 'b@x'], { ...i, addresses: ['a@x', 'b@x'] }],
  [
    'git send-email, envelope sender',
    ['-f', 'me@x', '-i', 'a@x'],
    { ...i, sender: 'me@x', addresses: ['a@x'] },
  ],
  ['logwatch', ['-t'], t],
  ['cron-apt', ['-t', '-oi'], ti],
  ['debsecan', ['-t'], t],
  ['rkhunter of cron.daily', ['root'], { addresses: ['root'] }],
  ['apt-listchanges', ['-oi', '-t'], ti],
  ['arpwatch', ['-odi', 'root'], { addresses: ['root'] }],
  ['apticron, needrestart and smartd by bsd-mailx', ['-i', '-t'], ti],
  ['logcheck by mime-construct', ['-oi', 'root'], { ...i, addresses: ['root'] }],
  [
    'apticron with CUSTOM_FROM by s-nail',
    ['-i', '-r', 'a@x', '--', 'root'],
    { ...i, sender: 'a@x', addresses: ['root'] },
  ],
  ['PHPMailer', ['-oi', '-fwww@x.org', '-t'], { ...ti, sender: 'www@x.org' }],
  ['Symfony with -t', ['-t', '-i'], ti],
  [
    'nodemailer',
    ['-i', '-f', 'me@x', 'a@x', 'b@x'],
    { ...i, sender: 'me@x', addresses: ['a@x', 'b@x'] },
  ],
  ["Ruby's mail", ['-i', '-f', 'me@x', '--', 'a@x'], { ...i, sender: 'me@x', addresses: ['a@x'] }],
  ["Perl's MIME::Lite", ['-t', '-oi', '-oem'], ti],
  [
    "Perl's Email::Sender",
    ['-i', '-f', 'me@x', '--', 'a@x'],
    { ...i, sender: 'me@x', addresses: ['a@x'] },
  ],
  [
    'mutt without use_envelope_from',
    ['-oem', '-oi', '--', 'a@x', 'root'],
    { ...i, addresses: ['a@x', 'root'] },
  ],
  ...['a', 'aa', 'ai', 'as', 'i', 'm', 'r', 's', 't'].map((letters): Row => [
    `exim's -oM${letters}`,
    [`-oM${letters}`, '192.0.2.1', '-oi', 'a@x'],
    { ...i, addresses: ['a@x'] },
  ]),
  ['a macro of sendmail', ['-oMrSMTP', 'a@x'], { addresses: ['a@x'] }],
  ['the null sender', ['-f', '', 'a@x'], { sender: '', addresses: ['a@x'] }],
  ['-r', ['-r', 'me', 'a@x'], { sender: 'me', addresses: ['a@x'] }],
  [
    'options after addresses',
    ['a@x', '-f', 'b', 'c@x', '-i'],
    { ...i, sender: 'b', addresses: ['a@x', 'c@x'] },
  ],
  ['cluster', ['-ti'], ti],
  ['cluster the other way', ['-it'], ti],
  ['cluster that ends in -o', ['-toi'], ti],
  ['cluster with a value', ['-tifme@x'], { ...ti, sender: 'me@x' }],
  [
    'cluster with the value next',
    ['-tif', 'me@x', 'a@x'],
    { ...ti, sender: 'me@x', addresses: ['a@x'] },
  ],
  ['-O IgnoreDots', ['-O', 'IgnoreDots', 'a@x'], { ...i, addresses: ['a@x'] }],
  ['-OIgnoreDots=True', ['-OIgnoreDots=True', 'a@x'], { ...i, addresses: ['a@x'] }],
  ['-O IgnoreDots=false', ['-O', 'IgnoreDots=false', 'a@x'], { addresses: ['a@x'] }],
  ['-B apart', ['-B', '8BITMIME', 'a@x'], { addresses: ['a@x'] }],
  ['-o with its letter next', ['-o', 'i', 'a@x'], { ...i, addresses: ['a@x'] }],
  ['-oA with its value next', ['-oA', '/etc/aliases', 'a@x'], { addresses: ['a@x'] }],
  ['-oA with its value attached', ['-oA/etc/aliases', 'a@x'], { addresses: ['a@x'] }],
  ['-oem does not take more', ['-oem', 'root'], { addresses: ['root'] }],
  ['-V', ['-V', 'envid', 'a@x'], { addresses: ['a@x'] }],
  ['-C and -X', ['-C', '/etc/x', '-X', '/tmp/y', 'a@x'], { addresses: ['a@x'] }],
  [
    '-d and -G and -U',
    ['-d0.1', '-G', '-U', '-n', '-m', '-s', '-c', '-x', 'a@x'],
    { addresses: ['a@x'] },
  ],
  [
    '-h, -L, -M, -p, -A, -D, -e, -Q, -T',
    ['-h', '3', '-L', 'tag', '-Mx', '-p', 'SMTP', '-Am', '-D', 'f', '-em', '-Qr', '-T1m', 'a@x'],
    { addresses: ['a@x'] },
  ],
  ['-bm', ['-bm', 'a@x'], { addresses: ['a@x'] }],
  ['-b m', ['-b', 'm', 'a@x'], { addresses: ['a@x'] }],
  ['-v', ['-v', 'a@x'], { isVerbose: true, addresses: ['a@x'] }],
  ['a name with its address', ['Name <a@x>'], { addresses: ['Name <a@x>'] }],
  ['a dash alone is not an option', ['-'], { addresses: ['-'] }],
  ['nothing', [], {}],
  ['-- twice', ['--', '--'], { addresses: ['--'] }],
]

for (const [caller, argv, expected] of submissions) {
  test(`${caller}: sendmail ${argv.join(' ')}`, () => {
    assert.deepEqual(parseSendmailArguments('sendmail', argv), submit(expected))
  })
}

test('other work than a message is known by its option or by the name of the program', () => {
  const modes: [string, string[], SendmailCommand['mode']][] = [
    ['sendmail', ['-bp'], 'list'],
    ['sendmail', ['-b', 'p'], 'list'],
    ['mailq', [], 'list'],
    ['mailq', ['-v'], 'list'],
    ['mailq', ['-q'], 'flush'],
    ['sendmail', ['-bi'], 'nothing'],
    ['sendmail', ['-I'], 'nothing'],
    ['newaliases', [], 'nothing'],
    ['sendmail', ['-q'], 'flush'],
    ['sendmail', ['-q30m'], 'flush'],
    ['sendmail', ['-qRexample.org'], 'flush'],
    ['sendmail', ['-bs'], 'dialogue'],
    ['sendmail', ['-bs', '-i'], 'dialogue'],
  ]
  for (const [program, argv, mode] of modes) {
    assert.equal(parseSendmailArguments(program, argv).mode, mode, `${program} ${argv.join(' ')}`)
  }
})

test('what this program cannot do is named', () => {
  const wrong: [string[], string][] = [
    ...'dvthHazlDx'
      .split('')
      .map((letter): [string[], string] => [[`-b${letter}`], `-b${letter} is not possible here`]),
    [['-bd', '-q30m'], '-bd is not possible here'],
    [['-Z'], 'there is no option "-Z"'],
    [['-iZt'], 'there is no option "-Z" in "-iZt"'],
    [['--help'], 'there is no option "--" in "--help"'],
    [['a@x', '-f'], '-f needs a value'],
    [['-F'], '-F needs a value'],
    [['-o'], '-o needs a value'],
    [['-é', 'a@x'], 'there is no option "-é"'],
  ]
  for (const [argv, message] of wrong) {
    const command = parseSendmailArguments('sendmail', argv)
    assert.equal(command.mode === 'wrong' && command.error.message, message)
    assert.equal(command.mode === 'wrong' && command.error.code, 'usage')
  }
})

test('100,000 arguments are read in no more than their length', () => {
  const argv = Array.from({ length: 100_000 }, (_, index) => `u${index}@x`)
  const command = parseSendmailArguments('sendmail', ['-i', ...argv, '--', ...argv])
  assert.equal(command.mode === 'submit' && command.addresses.length, 200_000)
})
