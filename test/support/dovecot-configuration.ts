import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'

/** The ports of a Dovecot: STARTTLS (STLS), and TLS from the first byte. */
export interface DovecotPorts {
  imap: number
  imaps: number
  pop: number
  pops: number
  submission: number
  submissions: number
}

interface DovecotConfigurationOptions {
  directory: string
  ports: DovecotPorts
  mechanisms: readonly string[]
  relayPort: number
}

/** dovecot.conf (2.3) of a server that lives in a directory and takes nothing but access tokens. */
export function dovecotConfiguration(options: DovecotConfigurationOptions): string {
  const { directory, ports, mechanisms, relayPort } = options
  return `
base_dir = ${directory}/run
state_dir = ${directory}/run
log_path = ${directory}/dovecot.log
auth_verbose = yes
protocols = imap pop3 submission
listen = 127.0.0.1
hostname = localhost
${users()}
ssl = required
ssl_cert = <${directory}/cert.pem
ssl_key = <${directory}/key.pem
auth_mechanisms = ${mechanisms.join(' ')}
auth_failure_delay = 0
passdb {
  driver = oauth2
  mechanisms = ${mechanisms.join(' ')}
  args = ${directory}/oauth2.conf
}
userdb {
  driver = static
  args = home=${directory}/mail/%u
}
mail_location = maildir:${directory}/mail/%u/Maildir
pop3_uidl_format = %g
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayPort}
submission_relay_trusted = yes
service anvil {${withoutRoot('chroot =')}
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
${listeners('imap-login', [
  ['imap', ports.imap, false],
  ['imaps', ports.imaps, true],
])}
${listeners('pop3-login', [
  ['pop3', ports.pop, false],
  ['pop3s', ports.pops, true],
])}
${listeners('submission-login', [
  ['submission', ports.submission, false],
  ['submissions', ports.submissions, true],
])}
`
}

/** As root its parts give up their rights as on a real host; an ordinary user has none to give up. */
function users(): string {
  if (process.getuid?.() === 0) return 'mail_uid = mail\nmail_gid = mail\nfirst_valid_uid = 1'
  const { username } = userInfo()
  const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()
  return `default_internal_user = ${username}
default_internal_group = ${group}
default_login_user = ${username}
first_valid_uid = 1`
}

function withoutRoot(line: string): string {
  return process.getuid?.() === 0 ? '' : `\n  ${line}`
}

type Listener = [name: string, port: number, isImplicitTls: boolean]

function listeners(service: string, list: Listener[]): string {
  const blocks = list.map(
    ([name, port, isImplicitTls]) =>
      `  inet_listener ${name} {\n    port = ${port}\n    ssl = ${isImplicitTls ? 'yes' : 'no'}\n  }`,
  )
  return [`service ${service} {${withoutRoot('chroot =')}`, ...blocks, '}'].join('\n')
}

/** The oauth2 passdb's own file: who a token belongs to is asked of the authorization server (RFC 7662). */
export function introspectionConfiguration(url: string, caFile: string): string {
  return `
introspection_mode = post
introspection_url = ${url}
tls_ca_cert_file = ${caFile}
username_attribute = sub
active_attribute = active
active_value = true
timeout_msecs = 5000
`
}
