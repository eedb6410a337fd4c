import { parseSendmailArguments } from '../../../src/command-line/sendmail-arguments.ts'
import type { SubmissionRules } from '../../../src/configuration/outbox-configuration.ts'
import { isCmsOauthError } from '../../../src/errors.ts'
import { prepareMessage } from '../../../src/outbox/submission/prepare-message.ts'
import type { Machine, PreparedMessage } from '../../../src/outbox/submission/submission.ts'

/** An outbox whose names all mean one person. */
export const rules: Omit<SubmissionRules, 'noticeTo'> = {
  from: 'acct@gmail.com',
  fromAllowed: [],
  fromName: '{name} ({user} on {host})',
  aliases: { root: ['me@example.org'], team: ['me@example.org', 'you@example.org'] },
  recipients: ['@x.org', 'me@example.org'],
  localDomains: ['example.lan'],
  maxSize: 10_000_000,
  tooLarge: 'cut',
  encoding: 'api',
}

const machine: Machine = {
  host: 'host1.example.net',
  names: ['mail.example.net'],
  aliases: { postmaster: ['root'], alice: ['alice@x.org'], loop: ['pool'], pool: ['loop'] },
}

export interface Handed {
  argv?: string[]
  message?: string | Buffer
  /** Where more was written than came. */
  size?: number
  rules?: Partial<SubmissionRules>
  machine?: Partial<Machine>
}

/** What the outbox makes of `sendmail ARGV < MESSAGE` of alice. */
export function prepare({ argv = ['root'], message = '', ...rest }: Handed): PreparedMessage {
  const command = parseSendmailArguments('sendmail', argv)
  if (command.mode !== 'submit') throw new Error(`not a submission: ${argv.join(' ')}`)
  const bytes = Buffer.from(message)
  return prepareMessage(
    command,
    { id: 'ID1', at: Date.UTC(2026, 10, 29, 10), message: bytes, size: rest.size ?? bytes.length },
    {
      caller: { uid: 1002, login: 'alice' },
      machine: { ...machine, ...rest.machine },
      rules: { ...rules, ...rest.rules },
    },
  )
}

/** The code of the error that it ends with. */
export function refusalOf(handed: Handed): string {
  try {
    prepare(handed)
    return 'accepted'
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return error.code
  }
}

/** The fields of a prepared message, unfolded, by their names in lower case. */
export function fieldsOf({ message }: PreparedMessage): Record<string, string> {
  const [header = ''] = message.toString('latin1').split('\r\n\r\n')
  const lines = header.replaceAll(/\r\n(?=[ \t])/g, '').split('\r\n')
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
}

/** What follows the header. */
export function bodyOf({ message }: PreparedMessage): string {
  return message.subarray(message.indexOf('\r\n\r\n') + 4).toString('latin1')
}
