/**
 * The programs that send a machine's mail, as Debian brings them, by the sendmail that --install puts in the
 * place of another: each message arrives once, at whom it was meant for, from the account.
 */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { after, before, test, type TestContext } from 'node:test'
import { parseSendmailArguments } from '../../src/command-line/sendmail-arguments.ts'
import { prepareMessage } from '../../src/outbox/submission/prepare-message.ts'
import type { PreparedMessage } from '../../src/outbox/submission/submission.ts'
import {
  type FakeOutbox,
  type Handed,
  program,
  startOutbox,
  temporaryDirectory,
} from '../sendmail/fake-outbox.ts'
import { openPackage, type UnpackedPackage } from '../support/unpacked-package.ts'
import { rules } from './submission/prepare.ts'
import { readMails } from './submission/python-mail.ts'

const me = 'me@example.org'
const attempts = 1_500

interface Caller {
  name: string
  /** Run by sh, with a directory of its own as $HOME. */
  script: string
  recipients: string[]
  /** The name in From. */
  from: string
  subject: RegExp
  body: string
}

const at = 'for d in atjobs atspool; do chown daemon:daemon /var/spool/cron/$d; done'

const callers: Caller[] = [
  {
    name: 'cron',
    script: `rm -f /etc/cron.d/*
printf 'MAILTO=ops@x.org,root\\n@reboot root echo Grüße; echo .; echo after\\n' > /etc/cron.d/job
cron`,
    recipients: ['ops@x.org', me],
    from: 'Cron Daemon',
    subject: /^Cron <root@machine> echo /,
    body: 'Grüße\n.\nafter\n',
  },
  {
    name: 'anacron',
    script: `printf '1 0 job echo one; echo .; echo two\\n' > $HOME/tab
mkdir $HOME/spool && anacron -f -n -d -t $HOME/tab -S $HOME/spool`,
    recipients: [me],
    from: 'Anacron',
    subject: /^Anacron job 'job' on /,
    body: 'one\n.\ntwo\n',
  },
  {
    name: 'at',
    script: `${at}; touch /var/spool/cron/atjobs/.SEQ; chown daemon:daemon /var/spool/cron/atjobs/.SEQ
chmod 600 /var/spool/cron/atjobs/.SEQ; echo 'echo from at' | at now; atd -s`,
    recipients: [me],
    from: 'root',
    subject: /^Output from your job +1$/,
    body: 'from at\n',
  },
  {
    name: 'sudo',
    script: `printf 'Defaults mail_always\\nroot ALL=(ALL) NOPASSWD: ALL\\n' > /etc/sudoers
mkdir -p /run/sudo; sudo true`,
    recipients: [me],
    from: 'root',
    subject: /SECURITY information/,
    body: 'COMMAND=',
  },
  {
    name: 'bsd-mailx',
    script: `echo Grüße | bsd-mailx -s 'Grüße' -c a@x.org -b b@x.org root`,
    recipients: [me, 'a@x.org', 'b@x.org'],
    from: 'root',
    subject: /^Grüße$/,
    body: 'Grüße\n',
  },
  {
    name: 's-nail',
    script: `echo Grüße | s-nail -:/ -Smta=/usr/sbin/sendmail -Sttycharset=utf-8 -s 'Grüße' -c a@x.org -b b@x.org root`,
    recipients: [me, 'a@x.org', 'b@x.org'],
    from: 'root',
    subject: /^Grüße$/,
    body: 'Grüße\n',
  },
  {
    name: 'mailutils',
    script: `echo hello | mail.mailutils -s hello -a 'X-Job: one' root@localhost`,
    recipients: [me],
    from: 'root',
    subject: /^hello$/,
    body: 'hello\n',
  },
  ...['mutt', 'neomutt'].map((name): Caller => ({
    name,
    script: `echo hello | ${name} -n -e 'set use_from=no' -s hello -c a@x.org -b b@x.org -- root`,
    recipients: [me, 'a@x.org', 'b@x.org'],
    from: 'root',
    subject: /^hello$/,
    body: 'hello\n',
  })),
  {
    name: 'git send-email',
    script: `cd $HOME && git init -q . && git -c user.name=A -c user.email=a@dev.org commit -q --allow-empty -m one
echo ${'x'.repeat(100)} > file && git add file && git -c user.name=A -c user.email=a@dev.org commit -q -m 'add a file'
git -c user.name=A -c user.email=a@dev.org send-email --quiet --confirm=never --suppress-cc=all --sendmail-cmd=/usr/sbin/sendmail --from='A <a@dev.org>' --to=b@x.org --bcc=root -1`,
    recipients: ['b@x.org', me],
    from: 'A',
    subject: /^\[PATCH\] add a file$/,
    body: `+${'x'.repeat(100)}\n`,
  },
  {
    name: 'PHP mail()',
    script: `php -d sendmail_path='/usr/sbin/sendmail -t -i' -r 'exit(mail("root", "Grüße", "Grüße\\r\\n.\\nend\\n", "Cc: a@x.org\\r\\nX-App: shop", "-fshop@y.org") ? 0 : 1);'`,
    recipients: [me, 'a@x.org'],
    from: 'shop',
    subject: /^Grüße$/,
    body: 'Grüße\n.\nend\n',
  },
  {
    name: 'fail2ban',
    script: `python3 - <<'END' | sh
from configparser import RawConfigParser
c = RawConfigParser(); c.read('/etc/fail2ban/action.d/sendmail.conf')
t = c['Definition']['actionban'].replace('%%', '%')
values = {'name': 'sshd', 'ip': '192.0.2.1', 'fq-hostname': 'machine', 'sendername': 'Fail2Ban', 'sender': 'fail2ban',
  'dest': 'root', 'failures': '5', 'mailcmd': '/usr/sbin/sendmail -f "fail2ban" "root"'}
for k, v in values.items(): t = t.replace('<' + k + '>', v)
print(t)
END`,
    recipients: [me],
    from: 'Fail2Ban',
    subject: /^\[Fail2Ban\] sshd: banned 192\.0\.2\.1/,
    body: 'The IP 192.0.2.1 has just been banned',
  },
  {
    name: 'smartd',
    script: `echo 'the disk is failing' > $HOME/m; mkdir -p /etc/smartmontools
ln -sf /usr/bin/bsd-mailx /usr/bin/mail; bash -e /etc/smartmontools/run.d/10mail $HOME/m -s 'SMART error' root`,
    recipients: [me],
    from: 'root',
    subject: /^SMART error$/,
    body: 'the disk is failing\n',
  },
  {
    name: 'mdadm (its argument list)',
    script: `printf 'From: mdadm monitoring <root>\\nTo: root\\nSubject: DegradedArray\\n\\nmd0 is degraded\\n.\\n\\nend' | /usr/sbin/sendmail -t`,
    recipients: [me],
    from: 'mdadm monitoring',
    subject: /^DegradedArray$/,
    body: 'md0 is degraded\n.\n\nend\n',
  },
  {
    name: 'cronie (its argument list)',
    script: `printf 'From: "(Cron Daemon)" <root>\\nTo: root\\nSubject: Cron\\n\\nout\\n' | /usr/sbin/sendmail -FCronDaemon -i -odi -oem -oi -t -f '<>'`,
    recipients: [me],
    from: '(Cron Daemon)',
    subject: /^Cron$/,
    body: 'out\n',
  },
  {
    name: 'systemd-cron (its argument list)',
    script: `printf 'From: root (systemd-cron)\\nTo: root\\nSubject: job\\nDate: Sun, 29 Nov 2026 10:00:00 +0000\\n\\nout\\n' | sendmail -i -B8BITMIME root`,
    recipients: [me],
    from: 'systemd-cron',
    subject: /^job$/,
    body: 'out\n',
  },
]

let machine: UnpackedPackage
let outbox: FakeOutbox
let directory: string

before(async (t) => {
  const context = t as unknown as TestContext
  directory = temporaryDirectory(context)
  chmodSync(directory, 0o755)
  outbox = await startOutbox(context, join(directory, 'outbox.sock'))
  chmodSync(outbox.socket, 0o777)
  machine = await openPackage('cron')
  const { status, stderr } = await machine.run('sh', [
    '-c',
    `echo machine.example.org > /etc/mailname && mount -t tmpfs tmpfs /run && mkdir /run/cms-oauth && ln -s ${outbox.socket} /run/cms-oauth/outbox.sock
exec ${process.execPath} ${program} sendmail --install /usr/sbin`,
  ])
  assert.equal(status, 0, stderr)
})

after(() => machine.close())

function prepared({ head, message }: Handed): PreparedMessage {
  const command = parseSendmailArguments(head.program, head.arguments)
  if (command.mode !== 'submit') throw new Error(`not a submission: ${command.mode}`)
  return prepareMessage(
    command,
    { id: head.id, at: Date.now(), message, size: head.size },
    {
      caller: { uid: 0, login: 'root' },
      machine: { host: 'machine.example.org', names: ['machine'], aliases: {} },
      rules,
    },
  )
}

/** Those that are about a subject; sudo tells of more than one thing. */
function about(subject: RegExp, from: number): PreparedMessage[] {
  return outbox.handed
    .slice(from)
    .map(prepared)
    .filter((message) => subject.test(message.subject))
}

/** What a caller left to a process of its own may come after it ended. */
async function nextAbout(subject: RegExp, from: number): Promise<PreparedMessage> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [message] = about(subject, from)
    if (message !== undefined) return message
    await setTimeout(20)
  }
  throw new Error(`nothing about ${subject} was handed over`)
}

for (const caller of callers) {
  test(`the mail of ${caller.name} arrives`, async () => {
    const home = join(directory, caller.name.replaceAll(/\W/g, ''))
    mkdirSync(home)
    writeFileSync(join(home, 'run'), `export HOME=${home} LC_ALL=C.UTF-8\n${caller.script}\n`)
    const count = outbox.handed.length
    const { stdout, stderr, status } = await machine.run('bash', [join(home, 'run')])
    assert.equal(status, 0, stdout + stderr)
    const { recipients, message } = await nextAbout(caller.subject, count)
    const [mail] = readMails([message])
    assert.match(mail?.subject ?? '', caller.subject)
    assert.deepEqual(recipients.toSorted(), caller.recipients.toSorted())
    assert.deepEqual(mail?.recipients.toSorted(), caller.recipients.toSorted())
    assert.deepEqual(mail?.from, [[`${caller.from} (root on machine)`, 'acct@gmail.com']])
    const body = Buffer.from(mail?.bodies[0] ?? '', 'latin1')
      .toString()
      .replaceAll('\r\n', '\n')
    assert.ok(body.includes(caller.body), body)
    // eslint-disable-next-line no-control-regex
    assert.match(message.toString('latin1'), /^(?:[\t -~]{0,998}\r\n)+$/)
    if (caller.name !== 'sudo') assert.equal(about(caller.subject, count).length, 1)
  })
}
