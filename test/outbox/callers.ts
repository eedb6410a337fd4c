/** The programs that send a machine's mail, as they do it. */

import { createRequire } from 'node:module'

const me = 'me@example.org'
const nodemailer = createRequire(import.meta.url).resolve('nodemailer')

/** A program, what it is made to send, and what must arrive. */
export interface Caller {
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

/** Those that Debian has, and the argument lists of those that it has not. */
export const callers: Caller[] = [
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
    name: 'mdadm',
    script: '/opt/cron/sbin/mdadm --monitor --test --oneshot --mail=root /dev/md0',
    recipients: [me],
    from: 'mdadm monitoring',
    subject: /^TestMessage event on \/dev\/md0:/,
    body: 'A TestMessage event had been detected on md device /dev/md0.',
  },
  {
    name: 'logwatch',
    script: 'logwatch --output mail --mailto root --service zz-sys --detail high',
    recipients: [me],
    from: 'root',
    subject: /^Logwatch for machine/,
    body: 'System Configuration Begin',
  },
  {
    name: 'unattended-upgrades',
    script: `/usr/bin/python3 - <<'END'
import importlib.machinery, importlib.util, io
loader = importlib.machinery.SourceFileLoader('program', '/usr/bin/unattended-upgrade')
program = importlib.util.module_from_spec(importlib.util.spec_from_loader('program', loader))
loader.exec_module(program)
program.apt_pkg.init()
program.apt_pkg.config.set('Unattended-Upgrade::Mail', 'root')
log = io.StringIO('Grüße\\n.\\nall done\\n')
program.send_summary_mail(['curl'], True, 'All upgrades installed', {}, [], [], log, '')
END`,
    recipients: [me],
    from: 'root',
    subject: /^unattended-upgrades result for .*: SUCCESS$/,
    body: 'Grüße\n.\nall done\n',
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
    name: 'systemd-cron',
    script: `mkdir $HOME/bin; cat > $HOME/bin/systemctl <<'END'
#!/bin/sh
case "$*" in
*User) echo User=root ;;
*Environment) echo 'Environment=MAILTO=root,ops@x.org' ;;
*) printf 'Grüße\\n.\\nfailed\\n'; exit 3 ;;
esac
END
chmod +x $HOME/bin/systemctl
PATH=$HOME/bin:/usr/sbin:$PATH /usr/bin/python3 /opt/cron/lib/systemd-cron/mail_on_failure job.service`,
    recipients: [me, 'ops@x.org'],
    from: 'systemd-cron',
    subject: /^\[machine\.example\.org\] job job\.service failed$/,
    body: 'Grüße\n.\nfailed\n',
  },
  {
    name: 'logcheck, by mime-construct',
    script: `printf 'Grüße\\n.\\nend\\n' > $HOME/report
mime-construct --header 'Auto-Submitted: auto-generated' --subject 'System Events' --encoding 8bit --string 'Report attached' --to root --attachment report --encoding 8bit --file $HOME/report`,
    recipients: [me],
    from: 'root',
    subject: /^System Events$/,
    body: 'Grüße\n.\nend\n',
  },
  {
    name: 'apt-listchanges',
    script: `/usr/bin/python3 - <<'END'
import sys
sys.path.insert(0, '/usr/share/apt-listchanges')
import apt_listchanges
class Config: email_address = 'root'; email_format = 'text'
apt_listchanges.mail_changes(Config, 'curl (7)\\n\\n  * Grüße\\n.\\n', 'apt-listchanges: Grüße')
END`,
    recipients: [me],
    from: 'root',
    subject: /^apt-listchanges: Grüße$/,
    body: '  * Grüße\n.\n',
  },
  {
    name: 'MIME::Lite',
    script: `perl -MMIME::Lite -e 'my $m = MIME::Lite->new(From => "shop <shop\\@y.org>", To => "root, a\\@x.org", Bcc => "b\\@x.org", Subject => "an order", Type => "multipart/mixed");
$m->attach(Type => "TEXT", Data => "hello\\n.\\nend\\n");
$m->attach(Type => "application/octet-stream", Data => join("", map { chr } 0 .. 255), Filename => "x.bin");
$m->send or die'`,
    recipients: [me, 'a@x.org', 'b@x.org'],
    from: 'shop',
    subject: /^an order$/,
    body: 'hello\n.\nend\n',
  },
  {
    name: 'procmail, that forwards',
    script: `printf 'DEFAULT=%s/box\\nSENDMAIL=/usr/sbin/sendmail\\n:0\\n! root a@x.org\\n' "$HOME" > $HOME/rc
printf 'From you@y.org Mon Nov 30 02:00:00 2026\\nReceived: from a by b; Mon, 30 Nov 2026 02:00:00 +0000\\nReturn-Path: <you@y.org>\\nFrom: You <you@y.org>\\nTo: list@y.org\\nSubject: forwarded Grüße\\n\\nGrüße\\n.\\n>From here\\n' | procmail -m $HOME/rc`,
    recipients: [me, 'a@x.org'],
    from: 'You',
    subject: /^forwarded Grüße$/,
    body: 'Grüße\n.\n>From here\n',
  },
  {
    name: 'formail, that answers',
    script: `printf 'From a@x.org Mon Nov 30 02:00:00 2026\\nFrom: "A, B" <a@x.org>\\nTo: root\\nSubject: question\\n\\none\\n' |
(formail -r -A 'X-Loop: me'; printf 'away\\n.\\nbye\\n') | /usr/sbin/sendmail -t`,
    recipients: ['a@x.org'],
    from: 'root',
    subject: /^Re: question$/,
    body: 'away\n.\nbye\n',
  },
  {
    name: 'emacs',
    script: `emacs -Q --batch --eval '(progn (setq user-mail-address "root@localhost" mail-host-address "localhost" sendmail-program "/usr/sbin/sendmail" mail-interactive t)
(setq send-mail-function (quote sendmail-send-it)) (mail nil "root, \\"Last, First\\" <a@x.org>" "from emacs") (goto-char (point-max)) (insert "Grüße\\n.\\nend\\n") (mail-send))'`,
    recipients: [me, 'a@x.org'],
    from: 'root',
    subject: /^from emacs$/,
    body: 'Grüße\n.\nend\n',
  },
  {
    name: 'nodemailer',
    script: `${process.execPath} -e 'require("${nodemailer}").createTransport({ sendmail: true, newline: "windows", path: "/usr/sbin/sendmail" }).sendMail({ from: "Shop <shop@y.org>", to: "root@localhost, \\"Last, First\\" <a@x.org>", bcc: "b@x.org", subject: "Grüße", text: "Grüße\\n.\\nend\\n", dsn: { id: "x", return: "headers", notify: ["failure"] }, attachments: [{ filename: "Grüße.bin", content: Buffer.from([0, 1, 2, 255]) }] }).catch((error) => { console.error(error); process.exitCode = 1 })'`,
    recipients: [me, 'a@x.org', 'b@x.org'],
    from: 'Shop',
    subject: /^Grüße$/,
    body: 'Grüße\n.\nend\n',
  },
  {
    name: 'smartd_warning.sh',
    script: `ln -sf /usr/bin/bsd-mailx /usr/bin/mail
SMARTD_MAILER=/usr/bin/mail SMARTD_ADDRESS=root SMARTD_MESSAGE='Device: /dev/sda, failing' SMARTD_FAILTYPE=Health SMARTD_TFIRST=now SMARTD_TFIRSTEPOCH=0 SMARTD_PREVCNT=0 SMARTD_DEVICE=/dev/sda SMARTD_DEVICESTRING=/dev/sda SMARTD_DEVICETYPE=ata SMARTD_DEVICEINFO=disk sh /opt/cron/usr/share/smartmontools/smartd_warning.sh`,
    recipients: [me],
    from: 'root',
    subject: /^SMART error \(Health\)/,
    body: 'Device: /dev/sda, failing',
  },
  {
    name: 'PHPMailer, by sendmail',
    script: `cat > $HOME/mail.php <<'END'
<?php require 'libphp-phpmailer/autoload.php';
$mail = new PHPMailer\\PHPMailer\\PHPMailer(true);
$mail->isSendmail(); $mail->CharSet = 'utf-8'; $mail->setFrom('shop@y.org', 'Shop');
$mail->addAddress('me@example.org'); $mail->addCC('a@x.org'); $mail->addBCC('b@x.org');
$mail->Subject = 'Grüße'; $mail->Body = "Grüße\\n.\\nend\\n"; $mail->send();
END
php -d include_path=/usr/share/php -d sendmail_path=/usr/sbin/sendmail $HOME/mail.php`,
    recipients: [me, 'a@x.org', 'b@x.org'],
    from: 'Shop',
    subject: /^Grüße$/,
    body: 'Grüße\n.\nend\n',
  },
  {
    name: 'a Python program, in CRLF',
    script: `python3 - <<'END'
import subprocess
from email.message import EmailMessage
from email.policy import SMTP
message = EmailMessage()
message['From'], message['To'], message['Subject'] = 'App <app@y.org>', 'root, a@x.org', 'Grüße'
message.set_content('Grüße\\n.\\nend\\n')
subprocess.run(['/usr/sbin/sendmail', '-t', '-oi'], input=message.as_bytes(policy=SMTP), check=True)
END`,
    recipients: [me, 'a@x.org'],
    from: 'App',
    subject: /^Grüße$/,
    body: 'Grüße\n.\nend\n',
  },
  ...['root', '-F root root', '-t', '-t -oi', '-FCronDaemon -i -odi -oem root'].map(
    (list): Caller => ({
      name: `rkhunter, fwlogwatch, debsecan, cron-apt and bcron (argument list ${list})`,
      script: `printf 'Subject: report ${list.length}\nTo: root\n\nWarning\n.\nend\n' | /usr/lib/sendmail ${list}`,
      recipients: [me],
      from: /-F ?(\w+)/.exec(list)?.[1] ?? 'root',
      subject: new RegExp(`^report ${list.length}$`),
      body: 'Warning\n.\nend\n',
    }),
  ),
  {
    name: 'arpwatch (its path and argument list)',
    script: `printf 'From: arpwatch (Arpwatch machine)\\nTo: root\\nSubject: new station\\n\\nip address: 192.0.2.9\\n' | /usr/lib/sendmail -odi root`,
    recipients: [me],
    from: 'Arpwatch machine',
    subject: /^new station$/,
    body: 'ip address: 192.0.2.9\n',
  },
]
