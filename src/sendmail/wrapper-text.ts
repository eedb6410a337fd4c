/**
 * The script that programs call. Node gets nothing of the environment that would change it before its first line, and
 * starts where its caller may not make code while it runs.
 */
import { join } from 'node:path'
import { sendmailMark } from '../command-line/sendmail-mark.ts'
import { shellWord } from '../command-line/shell-word.ts'
import { packageRoot } from '../package/root.ts'

/**
 * What Node and its libraries obey, in the environment of the programs that call: PM2 names a descriptor that their
 * children do not have (NODE_CHANNEL_FD), and programs that bring libraries of their own name those.
 */
const unset =
  `NODE_OPTIONS NODE_DEBUG NODE_DEBUG_NATIVE NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE NODE_UNIQUE_ID
  NODE_EXTRA_CA_CERTS NODE_USE_SYSTEM_CA NODE_USE_ENV_PROXY NODE_ICU_DATA NODE_PENDING_DEPRECATION
  NODE_COMPILE_CACHE NODE_V8_COVERAGE NODE_REDIRECT_WARNINGS NODE_TEST_CONTEXT
  OPENSSL_CONF LD_LIBRARY_PATH LD_PRELOAD LD_AUDIT LD_DEBUG`.split(/\s+/)

/**
 * What the script of a name holds. With absolute paths, as cron and PHP have a PATH without node. By a link it goes
 * by the name of that: Debian's Postfix has /usr/bin/mailq as one to /usr/sbin/sendmail.
 *
 * Debian's units of logrotate, chrony and auditd have MemoryDenyWriteExecute=, Dovecot's processes 256 MiB of address
 * space: there Node dies of its compilers, before it has read the message. To do without them takes it a tenth longer,
 * as its own code is not in its cache then: hence only under a filter of system calls, which is how systemd denies it
 * or what its other settings of such a unit are, and under a limit. No process is started to find that out.
 */
export function wrapperText(name: string): string {
  const node = shellWord(process.execPath)
  const program = `${shellWord(join(packageRoot, 'bin', 'cms-oauth.js'))} "$name" "$@"`
  return `#!/bin/sh
${sendmailMark}
unset ${unset.join(' ')}
case \${0##*/} in
  mailq | newaliases) name=\${0##*/} ;;
  *) name=${name} ;;
esac
is_confined() {
  while read -r line; do
    case $line in
      Seccomp:*2) return 0 ;;
    esac
  done < /proc/self/status
  while read -r line; do
    case $line in
      'Max address space'*unlimited*unlimited*) return 1 ;;
      'Max address space'*) return 0 ;;
    esac
  done < /proc/self/limits
  return 1
} 2> /dev/null
is_confined || exec ${node} ${program}
case $(${node} --version) in
  v2[0-3].*) exec ${node} --jitless --no-expose-wasm ${program} ;;
esac
exec ${node} --jitless ${program}
`
}
