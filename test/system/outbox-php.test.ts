/** examples/outbox/php, used by Symfony's mailer: as Symfony does it, and as Laravel's MailManager does it with the same mailer. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { root } from '../documents/documents.ts'
import { runClient, runProgram } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { installedProgram } from '../support/installed-program.ts'
import { type ListeningOutbox, startListeningOutbox } from '../support/listening-outbox.ts'
import { friend, hidden } from '../support/listening-programs.ts'

const folder = join(root, 'examples', 'outbox', 'php')
const share = '/opt/php-symfony-mailer/usr/share/php'
const [port = 0] = await findFreePorts(1)

let outbox: ListeningOutbox
let sendmail = ''

before(async () => {
  outbox = await startListeningOutbox('graph', [
    `listen = ["127.0.0.1:${port}"]`,
    'aliases = { root = "me@example.org" }',
    'recipients = ["*"]',
  ])
  const { home } = outbox.world
  const directory = join(home.directory, 'bin')
  mkdirSync(directory)
  assert.equal((await runClient(home, ['sendmail', '--install', directory])).status, 0)
  sendmail = join(directory, 'sendmail')
})

after(() => outbox.close())

const mails = `
require "Symfony/Polyfill/Mbstring/autoload.php"; // in place of the extension, which may not be installed
require "Symfony/Component/Mailer/autoload.php";
use Symfony\\Component\\Mailer\\Transport;
use Symfony\\Component\\Mailer\\Transport\\{Dsn, SendmailTransport, Smtp\\EsmtpTransportFactory};
$env = json_decode($argv[1], true);
$mailer = new Symfony\\Component\\Mailer\\Mailer(transport($env));
for ($count = 0; $count < 2; $count++) {
  $mailer->send((new Symfony\\Component\\Mime\\Email())->from('app@localhost')->to($argv[2])->bcc($argv[3])
    ->subject("message $count")->text("first\\n.\\nlast"));
}
`

const symfony = `${mails}
function transport($env) { return Transport::fromDsn($env['MAILER_DSN']); }
`

/** createSmtpTransport and createSendmailTransport of Illuminate\Mail\MailManager. */
const laravel = `${mails}
function transport($env) {
  if ($env['MAIL_MAILER'] === 'sendmail') return new SendmailTransport($env['MAIL_SENDMAIL_PATH']);
  $scheme = $env['MAIL_ENCRYPTION'] === 'tls' ? ($env['MAIL_PORT'] == 465 ? 'smtps' : 'smtp') : '';
  return (new EsmtpTransportFactory)->create(
    new Dsn($scheme, $env['MAIL_HOST'], $env['MAIL_USERNAME'], $env['MAIL_PASSWORD'], (int) $env['MAIL_PORT']));
}
`

/** The file as a program reads it, with what a person edits. */
function settingsOf(name: string): Record<string, string | null> {
  const { user } = outbox.world
  const text = readFileSync(join(folder, name), 'utf8')
    .replaceAll('/usr/sbin/sendmail', sendmail)
    .replaceAll('1025', String(port))
    .replaceAll('user%40domain.com', encodeURIComponent(user))
    .replaceAll('user@domain.com', user)
    .replaceAll('=PASSWORD', `=${outbox.password}`)
    .replaceAll(':PASSWORD', `:${outbox.password}`)
  const lines = text.matchAll(/^(\w+)="?(.*?)"?$/gm)
  return Object.fromEntries(
    Array.from(lines, ([, key = '', value = '']) => [key, value === 'null' ? null : value]),
  )
}

const examples = {
  'symfony-sendmail.env': symfony,
  'symfony-smtp.env': symfony,
  'laravel-sendmail.env': laravel,
  'laravel-smtp.env': laravel,
}

for (const [name, program] of Object.entries(examples)) {
  test(`${name}: two messages by one dialogue`, async () => {
    const sentBefore = outbox.api.sent.length
    const words = ['-d', `include_path=${share}`, '-r', program, '--']
    const { status, stdout, stderr } = await runProgram(
      installedProgram('php', 'php-cli'),
      [...words, JSON.stringify(settingsOf(name)), friend, hidden],
      outbox.world.home.env,
    )
    assert.deepEqual([status, stdout + stderr], [0, ''])
    const sent = await outbox.sentAfter(sentBefore, 2)
    assert.deepEqual(
      sent.map(({ recipients }) => recipients.toSorted()),
      [
        [friend, hidden],
        [friend, hidden],
      ],
    )
    for (const { read } of sent) assert.match(read.body, /^first\r\n\.\r\nlast/)
  })
}
