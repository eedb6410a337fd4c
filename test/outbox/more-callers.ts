/** Programs that watch a machine and tell somebody, and those that people and programs send with. */

import type { Caller } from './callers.ts'
import { withoutNewCode } from '../support/without-new-code.ts'

const me = 'me@example.org'
const text = 'Grüße\n.\nend\n'
const printed = String.raw`printf 'Grüße\n.\nend\n'`
const mailx = 'ln -sf /usr/bin/bsd-mailx /usr/bin/mail'
const root = { recipients: [me], from: 'root', body: text }
const both = { ...root, recipients: [me, 'ops@x.org'] }

/** Those of Debian that are unpacked with cron, and what comes with the programs that are installed. */
export const moreCallers: Caller[] = [
  {
    name: 'debsecan',
    script: `python3 - <<'END'
import os, re
source = open('/usr/bin/debsecan').read()
format_string = str
exec(source[source.index('# Targets'):source.index('class TargetPrint')])
class Options: mailto = 'root, ops@x.org'; subject = 'Debian security status'
target = TargetMail(Options)
for line in 'Grüße', '.', 'end': target.write(line)
target.finish()
END`,
    ...both,
    subject: /^Debian security status$/,
  },
  {
    name: 'arpwatch',
    script: `python3 - > $HOME/seen <<'END'
import struct, sys
address = bytes([192, 0, 2, 9])
arp = struct.pack('>HHBBH', 1, 0x800, 6, 4, 1) + bytes([2, 0, 0, 0, 0, 1]) + address + bytes(6) + address
frame = b'\\xff' * 6 + bytes([2, 0, 0, 0, 0, 1, 8, 6]) + arp + bytes(18)
head = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
sys.stdout.buffer.write(head + struct.pack('<IIII', 1700000000, 0, len(frame), len(frame)) + frame)
END
touch $HOME/arp.dat; arpwatch -u root -N -r $HOME/seen -f $HOME/arp.dat -m root,ops@x.org`,
    ...both,
    from: 'Arpwatch machine.example.org',
    subject: /^new station \(192\.0\.2\.9\)/,
    body: 'ip address: 192.0.2.9\n',
  },
  {
    name: 'icinga',
    script: `${mailx}; bash /etc/icinga2/scripts/mail-host-notification.sh -4 192.0.2.1 -d now -l db1 -n 'db1 Grüße' -o '100% lost' -r root -s DOWN -t PROBLEM -f 'Icinga <icinga@localhost>'`,
    ...root,
    from: 'Icinga',
    subject: /^\[PROBLEM\] Host db1 Grüße is DOWN!$/,
    body: 'Info:    100% lost\n',
  },
  {
    name: 'nagios',
    script: `${mailx}; python3 - <<'END' | sh
import re
commands = open('/etc/nagios4/objects/commands.cfg').read()
command = re.search(r'command_line\\s+(.*printf.*Host Alert.*)', commands)[1]
values = {'CONTACTEMAIL': 'root', 'HOSTOUTPUT': 'Grüße', 'HOSTNAME': 'db1'}
print(re.sub(r'\\$(\\w+)\\$', lambda m: values.get(m[1], m[1].lower()), command))
END`,
    ...root,
    subject: /^\*\* notificationtype Host Alert: db1 is hoststate \*\*$/,
    body: 'Info: Grüße\n',
  },
  {
    name: 'apcupsd',
    script: `${mailx}; APCUPSD_MAIL=mail SYSADMIN=root sh /etc/apcupsd/onbattery apcupsd ups1`,
    ...root,
    subject: /^machine\.example\.org UPS ups1 Power Failure !!!$|Power Failure/,
    body: 'Power Failure !!!\n',
  },
  {
    name: 'mon',
    script: `printf 'summary Grüße\\nGrüße\\n.\\nend\\n' | perl /usr/lib/mon/alert.d/mail.alert -s ping -g web -h 'a b' -t 1764500000 -l 60 -f mon@y.org root ops@x.org`,
    ...both,
    from: 'mon',
    subject: /^ALERT web\/ping: summary Grüße /,
  },
  {
    name: 'mpack',
    script: `head -c 3000 /dev/urandom > $HOME/x.bin; echo 'see Grüße' > $HOME/text
mpack -s 'a file Grüße' -d $HOME/text $HOME/x.bin root ops@x.org`,
    ...both,
    subject: /^a file Grüße$/,
    body: 'see Grüße\n',
  },
  {
    name: 'fwlogwatch',
    script: `echo 'Nov 30 10:00:01 machine kernel: IN=eth0 OUT= SRC=203.0.113.5 DST=192.0.2.1 LEN=60 TOS=0x00 PREC=0x00 TTL=50 ID=1 DF PROTO=TCP SPT=4000 DPT=22 WINDOW=5840 RES=0x00 SYN URGP=0' > $HOME/log
fwlogwatch -T root -C ops@x.org -F fw@y.org -U Grüße -m 1 $HOME/log`,
    ...both,
    from: 'fw',
    subject: /^Grüße$/,
    body: 'from 203.0.113.5 to 192.0.2.1\n',
  },
  {
    name: 'ddclient',
    script: `printf 'mail=root\\nuse=ip\\nip=192.0.2.7\\nprotocol=dyndns2\\nserver=127.0.0.1:1\\nssl=no\\nlogin=a\\npassword=b\\nhost.example.org\\n' > $HOME/c; chmod 600 $HOME/c
ddclient -daemon=0 -file $HOME/c -cache $HOME/cache -verbose > $HOME/out 2>&1 || true`,
    ...root,
    subject: /^status report from ddclient@/,
    body: 'updating host.example.org',
  },
  {
    name: 'rkhunter',
    script: `printf 'REPORT_EMAIL=root\\nCRON_DAILY_RUN=true\\nRUN_CHECK_ON_BATTERY=true\\nNICE=0\\n' > /etc/default/rkhunter
cat > /usr/bin/rkhunter <<'END'
#!/bin/sh
case $* in *--versioncheck*) exit 0 ;; esac
${printed}
exit 1
END
sh /etc/cron.daily/rkhunter`,
    ...root,
    subject: /^\[rkhunter\] machine\.example\.org - Daily report$/,
  },
  {
    name: 'chkrootkit',
    script: `${mailx}; mkdir -p /etc/chkrootkit /var/log/chkrootkit
printf 'MAILTO=root\\nRUN_DAILY=true\\nDIFF_MODE=false\\n' > /etc/chkrootkit/chkrootkit.conf
cat > /usr/sbin/chkrootkit <<'END'
#!/bin/sh
${printed}
END
sh /usr/sbin/chkrootkit-daily`,
    ...root,
    subject: /^\[chkrootkit\] alert for /,
  },
  {
    name: 'tiger',
    script: `(cat <<'END'; sed -n '/Tiger_Mail_RCPT" \\]/p;/Tiger_Mail_FROM" \\]/p;/^length=1/,/^}/p' /usr/sbin/tigercron) > $HOME/part
WORKDIR=$HOME CAT=cat GREP=grep AWK=awk EGREP=grep MAILER=/usr/sbin/sendmail Tiger_Mail_RCPT='root ops@x.org'
haveallcmds() { true; }
${printed} > $WORKDIR/tigcron.diff.$$
END
bash $HOME/part`,
    ...both,
    from: 'Tiger automatic auditor at machine.example.org',
    subject: /^Tiger Auditing Report for machine\.example\.org$/,
  },
  {
    name: 'needrestart',
    script: `${mailx}; rm -f /etc/needrestart/notify.conf; touch /etc/needrestart/notify.conf
${printed} | NR_USERNAME=root NR_SESSION='session 1' NR_SESSPPID=$$ sh /etc/needrestart/notify.d/600-mail 2> $HOME/out`,
    ...root,
    subject: /^Relogin or restarts on host machine\.example\.org required!$/,
  },
  {
    name: 'logrotate, as its unit confines it',
    script: `${mailx}; ${printed} > $HOME/app.log; printf "$HOME/app.log {\\n rotate 1\\n mail root\\n mailfirst\\n su root root\\n}\\n" > $HOME/conf
chmod 644 $HOME/conf; cat > $HOME/unit.py <<'END'
${withoutNewCode[2]}
END
python3 $HOME/unit.py logrotate -f -s $HOME/state $HOME/conf 2> $HOME/out`,
    ...root,
    subject: /\/app\.log\.1$/,
  },
  {
    name: "CUPS' mailto",
    script: `python3 - > $HOME/event <<'END'
import struct, sys
def attribute(tag, name, value): return struct.pack('>BH', tag, len(name)) + name + struct.pack('>H', len(value)) + value
number = lambda value: struct.pack('>i', value)
attributes = [(0x47, b'notify-charset', b'utf-8'), (0x48, b'notify-natural-language', b'en'), (0x21, b'notify-subscription-id', number(1)),
  (0x21, b'notify-sequence-number', number(1)), (0x45, b'notify-printer-uri', b'ipp://localhost/printers/p'),
  (0x44, b'notify-subscribed-event', b'job-completed'), (0x41, b'notify-text', 'Job Grüße completed.'.encode()),
  (0x42, b'printer-name', b'p'), (0x21, b'notify-job-id', number(5)), (0x42, b'job-name', b'j'), (0x23, b'job-state', number(9))]
sys.stdout.buffer.write(struct.pack('>BBHIB', 1, 1, 0, 1, 7) + b''.join(attribute(*each) for each in attributes) + bytes([3]))
END
mkdir $HOME/cups; printf 'From root@localhost\\nSubject Printer\\nCc ops@x.org\\n' > $HOME/cups/mailto.conf
CUPS_SERVERROOT=$HOME/cups /usr/lib/cups/notifier/mailto mailto:root@localhost '' < $HOME/event 2> $HOME/out`,
    ...root,
    subject: /^Printer Print Job: p-5 \(j\) completed$/,
    body: 'Job Grüße completed.\n',
  },
  {
    name: 'innmail',
    script: `mkdir -p /etc/news; printf 'pathnews: /usr/lib/news\\npathhost: machine\\ndomain: y.org\\nhismethod: hisv6\\nenableoverview: false\\nmta: "/usr/sbin/sendmail -oi -oem %%s"\\n' > /etc/news/inn.conf
${printed} | LD_LIBRARY_PATH=/usr/lib/news perl -I /usr/lib/news /usr/lib/news/bin/innmail -s 'report Grüße' -a 'Auto-Submitted: auto-generated' root ops@x.org`,
    ...both,
    subject: /^report Grüße$/,
  },
  {
    name: 'hg email',
    script: `cd $HOME && hg init r && cd r && printf '[ui]\\nusername = A <a@dev.org>\\n[extensions]\\npatchbomb=\\n[email]\\nmethod = /usr/sbin/sendmail\\n' > .hg/hgrc
${printed} > f && hg -q add f && hg commit -m 'add Grüße' && hg email -q --to root@localhost --cc 'Ops <ops@x.org>' --bcc b@x.org -r tip < /dev/null > ../out`,
    ...both,
    recipients: [me, 'ops@x.org', 'b@x.org'],
    from: 'A',
    subject: /^\[PATCH\] add Grüße$/,
    body: '+Grüße\n+.\n+end\n',
  },
  {
    name: "Ruby's mail",
    script: `ruby - <<'END'
require 'mail'
Mail.defaults { delivery_method :sendmail }
Mail.new(from: 'Shop <shop@y.org>', to: ['root@localhost', 'a@x.org'], bcc: 'b@x.org', subject: 'Grüße', charset: 'UTF-8', body: "Grüße\\n.\\nend\\n").deliver!
END`,
    ...root,
    recipients: [me, 'a@x.org', 'b@x.org'],
    from: 'Shop',
    subject: /^Grüße$/,
  },
  {
    name: 'Mail::Mailer',
    script: `perl -MMail::Mailer -e 'my $m = Mail::Mailer->new("sendmail"); $m->open({ From => "shop <shop\\@y.org>", To => ["root", "a\\@x.org"], Bcc => "b\\@x.org", Subject => "an order" });
print $m "Gr\\xc3\\xbc\\xc3\\x9fe\\n.\\nend\\n"; $m->close or die'`,
    ...root,
    recipients: [me, 'a@x.org', 'b@x.org'],
    from: 'shop',
    subject: /^an order$/,
  },
  {
    name: 'nmh',
    script: `mkdir -p $HOME/Mail; printf 'Path: Mail\\nLocal-Mailbox: Shop <shop@y.org>\\n' > $HOME/.mh_profile
printf 'From: Shop <shop@y.org>\\nTo: root, "Last, First" <a@x.org>\\nSubject: nmh Grüße\\n--------\\nGrüße\\n.\\nend\\n' > $HOME/draft
/usr/bin/mh/send -mts sendmail/pipe $HOME/draft`,
    ...root,
    recipients: [me, 'a@x.org'],
    from: 'Shop',
    subject: /^nmh Grüße$/,
  },
  {
    name: 'Gnus',
    script: `emacs -Q --batch --eval '(progn (require (quote message)) (setq user-mail-address "root@localhost" user-full-name "Root" mail-host-address "localhost" message-interactive t message-send-mail-function (quote message-send-mail-with-sendmail) sendmail-program "/usr/sbin/sendmail")
(message-mail "root, \\"Last, First\\" <a@x.org>" "from Grüße") (message-goto-body) (insert "Grüße\\n.\\nend\\n") (message-goto-bcc) (insert "b@x.org") (message-send-mail))'`,
    ...root,
    recipients: [me, 'a@x.org', 'b@x.org'],
    from: 'Root',
    subject: /^from Grüße$/,
  },
  {
    name: 'the script of an OnFailure= unit',
    script: `/usr/sbin/sendmail -t <<ERRMAIL
To: root
From: systemd <root@$(hostname)>
Subject: job.service failed
Content-Transfer-Encoding: 8bit
Content-Type: text/plain; charset=UTF-8

$(${printed})
ERRMAIL`,
    ...root,
    from: 'systemd',
    subject: /^job\.service failed$/,
  },
  ...[
    ['Request Tracker', '-oi -ODeliveryMode=b -OErrorMode=m -t -f rt=a=x.org@y.org'],
    ['auditd and chrony', '-t'],
    ['HylaFAX', '-ffax -oi root ops@x.org'],
    [
      'sympa',
      '-oi -odi -oem -N success,delay,failure -V00000123 -f l-owner@y.org -- root ops@x.org',
    ],
    ['popularity-contest', '-oi -f popcon@y.org root,ops@x.org'],
    ['maildrop', "-oi -f '' root ops@x.org"],
    ['rss2email', "-F '' -f feed@y.org root ops@x.org"],
    ['svn commit-email.pl', '-fdev@y.org root ops@x.org'],
    [
      'PHP with much',
      '-t -i -F Shop -f shop@y.org -R hdrs -N never -Bshop -ODeliveryMode=b -L tag -A m.cf -G',
    ],
  ].map(([name = '', list = '']): Caller => ({
    name: `${name} (argument list)`,
    script: `printf 'From: Job <job@y.org>\\nTo: root, ops@x.org\\nSubject: of ${name}\\n\\nGrüße\\n.\\nend\\n' | /usr/lib/sendmail ${list}`,
    ...both,
    from: 'Job',
    subject: new RegExp(`^of ${name}$`),
  })),
]
