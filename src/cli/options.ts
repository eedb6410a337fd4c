import { parseArgs } from 'node:util'
import { nearestKnown } from '../config/nearest-known.ts'
import { UsageError } from '../errors.ts'
import { type Option, writtenName } from '../option-table.ts'
import type { Protocol } from '../sasl/output-format.ts'

/** Every option of the client, in the order of the help text. `_` and `-` are the same in names. */
export const optionTable = {
  user: { type: 'string', value: 'ADDRESS', help: 'the mailbox' },
  'cms-sock': {
    type: 'string',
    value: 'PATH',
    help: 'the token socket; default $CMS_SOCK, else cms.sock in the runtime directory',
  },
  proto: { type: 'string', value: 'PROTO', help: 'SMTP (default), IMAP or POP' },
  output: {
    type: 'string',
    value: 'FORMAT',
    help: 'xoauth2 (default), xoauth2-b64, oauthbearer, oauthbearer-b64, token or json',
  },
  newline: { type: 'boolean', isNegated: true, help: 'print no newline after the credential' },
  'test-smtp': { type: 'string', value: 'HOST[:PORT]', help: 'log in to a submission server' },
  'test-imap': { type: 'string', value: 'HOST[:PORT]', help: 'log in to an IMAP server' },
  'test-pop': { type: 'string', value: 'HOST[:PORT]', help: 'log in to a POP server' },
  verbose: { type: 'boolean', help: 'login test: tell about TLS and the credential too' },
  browser: { type: 'boolean', isNegated: true, help: 'login: only print the URL' },
  device: { type: 'boolean', help: 'login: with a code that is typed in any browser' },
  paste: {
    type: 'boolean',
    help: 'login: in any browser, whose last address is pasted here',
  },
  revoke: { type: 'boolean', help: 'logout: end the sign-in at the provider too' },
  json: { type: 'boolean', help: 'status: for programs; the exit status is 0, 1, 2 or 3' },
  watch: { type: 'boolean', help: 'status: again after every change' },
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

type OptionTable = typeof optionTable
export type OptionName = keyof OptionTable

/** The option that names the server of a login test. */
export const loginTestOptions = {
  SMTP: 'test-smtp',
  IMAP: 'test-imap',
  POP: 'test-pop',
} as const satisfies Record<Protocol, OptionName>

/** A command line that keeps the table. */
export interface CommandLine {
  /** A command and its operands; empty for a fetch or a login test. */
  words: string[]
  options: {
    [K in OptionName]?: OptionTable[K]['type'] extends 'string' ? string : boolean
  }
}

/** The words and options of a command line, however their names are spelt. @throws UsageError */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const args = argv.map((argument) =>
    argument.replace(/^--[^=]+/, (name) => name.replaceAll('_', '-')),
  )
  try {
    const { values, positionals } = parseArgs({
      args,
      options: optionTable,
      allowPositionals: true,
      allowNegative: true,
    })
    return { words: positionals, options: values }
  } catch (error) {
    throw usageError(error as NodeJS.ErrnoException)
  }
}

function usageError({ code, message }: NodeJS.ErrnoException): UsageError {
  const [, named = ''] = /'(-[^']*)'/.exec(message) ?? []
  const option = named.split(/[ ,=]/)[0] ?? ''
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const [first = ''] = message.split('\n')
    return new UsageError(lowerFirst(first.replace(/\.$/, '')), { hint: 'see "cms-oauth --help"' })
  }
  const known = Object.entries(optionTable).map(([name, entry]) => writtenName(name, entry))
  const nearest = nearestKnown(option.replace(/^-+/, ''), known)
  return new UsageError(`there is no option "${option}"`, {
    hint: nearest === undefined ? 'see "cms-oauth --help"' : `did you mean "--${nearest}"?`,
  })
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
