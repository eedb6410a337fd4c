/**
 * What an outbox makes of a message before it stores it. Both APIs send to whom the header names, so the
 * header is written from the envelope, and the envelope is held to the rules of the outbox.
 */
import type { SubmitCommand } from '../../command-line/sendmail-arguments.ts'
import type { SubmissionRules } from '../../configuration/outbox-configuration.ts'
import { Aliases } from './aliases.ts'
import { decodeBytes, decodeWords, encodeText, isAscii } from './encoded-words.ts'
import { charsetOf, type Entity } from './encode-entity.ts'
import { computeEnvelope } from './envelope.ts'
import { fitMessage } from './fit-message.ts'
import { formatField } from './format-field.ts'
import { formatKept, isOfMime, keptFields } from './kept-fields.ts'
import { original, rewriteRecipients } from './recipient-fields.ts'
import { rewriteSender } from './sender-field.ts'
import { type Field, splitMessage } from './split-message.ts'
import type { Caller, Machine, PreparedMessage, SmtpEnvelope, Submission } from './submission.ts'

const fieldLimit = 2_000

/**
 * The message as it is stored and sent, with its envelope. Pure: the clock, the id, the user database and the
 * files of the machine are the caller's. `command` is of parseSendmailArguments.
 * @throws UsageError (64), AddressInvalidError (65), RecipientUnknownError (67), MessageTooLargeError (69),
 *   NotPermittedError (77) for a recipient that the outbox does not name, ConfigInvalidError (78) for a circle
 *   of aliases: what sendmail exits with is in sendmail/exit-status.ts
 */
export function prepareMessage(
  command: SubmitCommand | SmtpEnvelope,
  submission: Submission,
  {
    caller,
    machine,
    rules,
  }: { caller: Caller; machine: Machine; rules: Omit<SubmissionRules, 'noticeTo'> },
): PreparedMessage {
  const split = splitMessage(submission.message)
  const aliases = new Aliases(rules, machine)
  const envelope =
    'recipients' in command ? command.recipients : computeEnvelope(command, split.fields, aliases)
  const { recipients, originals } = rewriteRecipients(split.fields, {
    envelope,
    aliases,
    namesHidden: rules.encoding === 'api',
  })
  const [host = ''] = machine.host.split('.')
  const sender = rewriteSender(split.fields, command, rules, { ...caller, host })
  const messageId = messageIdOf(split.fields) ?? `<${submission.id}@${domainOf(rules.from)}>`
  const entity = fitMessage(
    { fields: mimeFields(split), body: withLastLineEnd(split.body) },
    submission.size,
    submission.message.length,
    rules,
  )
  const header = [
    recipients,
    sender.from,
    formatField('Date', writtenDate(split.fields) ?? dateOf(submission.at)),
    formatField('Message-ID', messageId),
    keptFields(split.fields, aliases),
    sender.original,
    originals,
    original(split.fields, 'Resent-To'),
    original(split.fields, 'Resent-Cc'),
    formatField('X-Submitted-By', submitter(caller, host)),
    ...entity.fields.map(formatKept),
  ]
  return {
    recipients: envelope,
    message: Buffer.concat([Buffer.from(`${header.join('')}\r\n`), entity.body]),
    messageId,
    ...(sender.address !== undefined && { from: sender.address }),
    subject: subjectOf(split.fields),
  }
}

/** What a person reads of Subject; empty if there is none. */
export function subjectOf(fields: readonly Field[]): string {
  const subject = decodeWords(decodeBytes(firstOf(fields, 'subject').slice(0, 2_000)))
  return subject.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').slice(0, 200)
}

/** What is said about the body; text that nothing is said about is UTF-8, if it decodes so. */
function mimeFields({ fields, body }: Entity): Field[] {
  const seen = new Set<string>()
  const given = fields.filter((field) => {
    const key = field.name.toLowerCase()
    const isFirst = isOfMime(field) && key !== 'mime-version' && !seen.has(key)
    seen.add(key)
    return isFirst
  })
  const version = { name: 'MIME-Version', value: '1.0' }
  if (given.some(({ name }) => name.toLowerCase() === 'content-type')) return [version, ...given]
  const value = `text/plain; charset=${charsetOf(body)}`
  return [version, { name: 'Content-Type', value }, ...given]
}

function withLastLineEnd(body: Buffer): Buffer {
  const isOpen = body.length > 0 && body.at(-1) !== 10
  return isOpen ? Buffer.concat([body, Buffer.from('\n')]) : body
}

function firstOf(fields: readonly Field[], key: string): string {
  const value = fields.find(({ name }) => name.toLowerCase() === key)?.value ?? ''
  return value.slice(0, fieldLimit)
}

/** Of the program that wrote the message, if it is one. */
function messageIdOf(fields: readonly Field[]): string | undefined {
  const id = firstOf(fields, 'message-id').slice(0, 250)
  return /^<[!-;=?A-~]+@[!-;=?A-~]+>$/.test(id) ? id : undefined
}

/** Of the program that wrote the message, if a server can read it. */
function writtenDate(fields: readonly Field[]): string | undefined {
  const date = firstOf(fields, 'date').slice(0, 100)
  return isAscii(date) && !Number.isNaN(Date.parse(date)) ? date : undefined
}

/** RFC 5322 section 3.3. */
export function dateOf(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000')
}

/** What stands after the last `@`. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** Who handed a message over, for X-Submitted-By. */
export function submitter({ uid, login, by }: Caller, host: string): string {
  return `${encodeText(login)}@${host} (${by ?? `uid ${uid}`})`
}
