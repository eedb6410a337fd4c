#!/usr/bin/env sh
':' /*
# The shell reads down to "exec", Node the rest. Whatever is not named here never reaches Node, which
# would load, print or send something for many variables before the first line of a program of ours.
set -f
IFS='
'
for line in $(export -p); do
  name=${line%%=*}
  name=${name##* }
  case $name in
    PATH | HOME | USER | LOGNAME | SHELL | TMPDIR) ;;
    CMS_OAUTH_CONFIG | CMS_OAUTH_CONTROL | CMS_OAUTH_EXTRA_CA) ;;
    STATE_DIRECTORY | RUNTIME_DIRECTORY | CREDENTIALS_DIRECTORY) ;;
    NOTIFY_SOCKET | WATCHDOG_USEC | WATCHDOG_PID | LISTEN_FDS | LISTEN_FDNAMES | LISTEN_PID | JOURNAL_STREAM) ;;
    https_proxy | HTTPS_PROXY | all_proxy | ALL_PROXY | no_proxy | NO_PROXY) ;;
    DBUS_SESSION_BUS_ADDRESS | DISPLAY | WAYLAND_DISPLAY | XAUTHORITY) ;;
    GNUPGHOME | GPG_TTY | SSH_AUTH_SOCK) ;;
    LANG | LANGUAGE | TZ | TZDIR | TERM | NO_COLOR) ;;
    XDG_* | LC_* | PASSWORD_STORE_* | OP_* | BW_* | BWS_* | VAULT_*) ;;
    # Reading the file costs Node 40 ms, and the daemon itself speaks no TLS: its children get it.
    NODE_EXTRA_CA_CERTS) export CMS_OAUTH_EXTRA_CA="$NODE_EXTRA_CA_CERTS"; unset NODE_EXTRA_CA_CERTS ;;
    '' | [0-9]* | *[!A-Za-z0-9_]*) ;;
    *) command unset "$name" 2> /dev/null ;;
  esac
done
exec node "$0" "$@"
*/
'use strict'
require('./require-node.js')
const { setFlagsFromString } = require('node:v8')
// Before the heap grows: a burst of requests must not double the daemon's memory for good.
setFlagsFromString('--semi-space-growth-factor=1')
// The compilers' own code would stay in memory: a burst of requests lets the last one in again.
setFlagsFromString('--no-opt')
setFlagsFromString('--no-maglev')
require('../dist/cms-oauthd.cjs')
