dnl For /etc/mail/sendmail.mc, above the line MAILER_DEFINITIONS; then run "make -C /etc/mail".
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h 1587')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
FEATURE(`authinfo', `hash /etc/mail/authinfo')dnl
dnl Longer than the five days that are usual: somebody may have to come back to sign in.
define(`confTO_QUEUERETURN', `90d')dnl
dnl sendmail remembers for half an hour that the bridge was down: "sendmail -O Timeout.hoststatus=0s -q"
dnl tries at once.
