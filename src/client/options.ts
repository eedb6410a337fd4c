import type { Option } from '../command-line/option-table.ts'
import { type OptionValues, parseOptions } from '../command-line/parse-options.ts'
import { UsageError } from '../errors.ts'
import { mailPorts } from '../mail/mail-ports.ts'
import type { Protocol } from '../sasl/output-format.ts'

/** Every option of the client, in the order of the help text. `_` and `-` are the same in names. */
export const optionTable = {
  user: { type: 'string', value: 'ADDRESS', help: 'the mailbox' },
  'cms-sock': {
    type: 'string',
    value: 'PATH',
    help: 'the token socket; default $CMS_SOCK, else cms.sock in the runtime directory',
  },
  proto: {
    type: 'string',
    value: 'PROTO',
    help: 'SMTP (default), IMAP, POP, or the name of a resource',
  },
  output: {
    type: 'string',
    value: 'FORMAT',
    help: 'xoauth2 (default), xoauth2-b64, oauthbearer, oauthbearer-b64, token or json',
  },
  newline: { type: 'boolean', isNegated: true, help: 'print no newline after the credential' },
  'test-smtp': {
    type: 'string',
    value: 'HOST[:PORT]',
    help: `log in to a submission server: port ${mailPorts.SMTP.usual}, or ${mailPorts.SMTP.implicitTls} with TLS from the start`,
  },
  'test-imap': {
    type: 'string',
    value: 'HOST[:PORT]',
    help: `log in to an IMAP server: port ${mailPorts.IMAP.usual}`,
  },
  'test-pop': {
    type: 'string',
    value: 'HOST[:PORT]',
    help: `log in to a POP server: port ${mailPorts.POP.usual}`,
  },
  verbose: {
    type: 'boolean',
    help: 'login test: tell about TLS and the credential too; --version: libraries too',
  },
  browser: { type: 'boolean', isNegated: true, help: 'login: only print the URL' },
  device: { type: 'boolean', help: 'login: with a code that is typed in any browser' },
  paste: {
    type: 'boolean',
    help: 'login: in any browser, whose last address is pasted here',
  },
  all: {
    type: 'boolean',
    help: 'login, refresh: every account, in turn (login: those that need it)',
  },
  registration: {
    type: 'boolean',
    help: 'init: print the commands, or the steps, that register an app',
  },
  account: {
    type: 'string',
    value: 'ADDRESS',
    isRepeatable: true,
    help: 'bridge add-password: what it is good for, may be repeated; default: every account of every bridge',
  },
  revoke: { type: 'boolean', help: 'logout: revoke the sign-in at the provider too' },
  json: {
    type: 'boolean',
    help: 'status, reload: for programs; the exit status of status is 0, 1, 2 or 3',
  },
  watch: { type: 'boolean', help: 'status: again after every change' },
  'take-unsent': {
    type: 'boolean',
    help: 'outbox: hand over what sendmail kept for you while no outbox could be reached',
  },
  'any-host': {
    type: 'boolean',
    help: 'git-credential: for whatever server git asks, not only for those that are known, of this machine or of the domain of the address',
  },
  'control-sock': {
    type: 'string',
    value: 'PATH',
    help: 'the control socket; default $CMS_OAUTH_CONTROL, else control.sock beside cms.sock',
  },
  config: {
    type: 'string',
    value: 'FILE',
    help: "the daemon's configuration, to find its control socket",
  },
  help: { type: 'boolean', short: 'h', help: 'print this' },
  version: { type: 'boolean', help: 'print the version' },
} as const satisfies Record<string, Option>

export type OptionName = keyof typeof optionTable

/** The option that names the server of a login test. */
export const loginTestOptions = {
  SMTP: 'test-smtp',
  IMAP: 'test-imap',
  POP: 'test-pop',
} as const satisfies Record<Protocol, OptionName>

/** A parsed command line. */
export interface CommandLine {
  /** A command and its operands; empty for a fetch or a login test. */
  words: string[]
  options: OptionValues<typeof optionTable>
}

/** The words and options of the client's command line, none of them empty. @throws UsageError */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const line = parseOptions(argv, { table: optionTable, program: 'cms-oauth' })
  refuseEmpty(line)
  return line
}

/** Nothing has an empty name: it is the variable of a script that has no value. @throws UsageError */
function refuseEmpty({ words, options }: CommandLine): void {
  const [name] = Object.entries(options).find(([, value]) => value === '') ?? []
  const at = words.indexOf('')
  if (name === undefined && at === -1) return
  const before = name === undefined ? words[at - 1] : `--${name}`
  const what = before === undefined ? 'the first word' : `what follows "${before}"`
  throw new UsageError(`${what} is empty`, { hint: 'check the variable that it comes from' })
}
