import type { SubmissionRules } from '../../configuration/outbox-configuration.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import { encodeText } from '../submission/encoded-words.ts'
import { formatField } from '../submission/format-field.ts'
import { dateOf, domainOf, submitter } from '../submission/prepare-message.ts'
import { encodeQuotedPrintable } from '../submission/quoted-printable.ts'
import { rewriteSender } from '../submission/sender-field.ts'
import type { Caller, PreparedMessage } from '../submission/submission.ts'

/** A message that a digest holds. */
export interface HeldMessage {
  id: string
  /** When it was accepted, epoch ms. */
  at: number
  subject: string
  /** As it is stored. */
  message: Buffer
}

/** What a digest is made of. */
export interface DigestParts {
  /** Of the digest itself. */
  id: string
  at: number
  caller: Caller
  host: string
  rules: Pick<SubmissionRules, 'from' | 'fromAllowed' | 'fromName'>
  /** Of each of the messages. */
  recipients: string[]
  /** The oldest first. */
  held: readonly HeldMessage[]
  /** In none of the messages: letters and digits. */
  boundary: string
}

/** What a message of a digest takes besides its bytes and its subject: its line in the text, and its delimiter. */
const bytesBeside = 250

/** What is before each message of a digest with this boundary, and after the last one. */
export function messageDelimiter(boundary: string): { begin: string; end: string } {
  const delimiter = `\r\n--=_${boundary}_digest`
  return {
    begin: `${delimiter}\r\nContent-Type: message/rfc822\r\n\r\n`,
    end: `${delimiter}--\r\n`,
  }
}

/** At most how many bytes of a digest a message takes. */
export function bytesInDigest({
  subject,
  message,
}: Pick<HeldMessage, 'subject' | 'message'>): number {
  // A letter beyond ASCII takes three for each of its bytes.
  return message.length + 3 * Buffer.byteLength(subject) + bytesBeside
}

/**
 * One mail in place of several: a text that lists them, and each as it is (RFC 2046 section 5.1.5), byte for byte.
 */
export function createDigest(parts: DigestParts): PreparedMessage {
  const { id, at, caller, host, rules, recipients, held, boundary } = parts
  const sender = rewriteSender([], {}, rules, { ...caller, host })
  const messageId = `<${id}@${domainOf(rules.from)}>`
  const subject = `${held.length} messages: ${held[0]?.subject || '(no subject)'}`.slice(0, 200)
  const [outer, inner] = [`=_${boundary}`, `=_${boundary}_digest`]
  const { begin, end } = messageDelimiter(boundary)
  const header = [
    formatField('To', recipients.join(', ')),
    sender.from,
    formatField('Date', dateOf(at)),
    formatField('Message-ID', messageId),
    formatField('Subject', encodeText(subject)),
    formatField('X-Submitted-By', submitter(caller, host)),
    formatField('Auto-Submitted', 'auto-generated'),
    formatField('MIME-Version', '1.0'),
    formatField('Content-Type', `multipart/mixed; boundary="${outer}"`),
  ]
  const text = encodeQuotedPrintable(Buffer.from(digestText(parts)))
  const pieces = [
    ...header,
    `\r\n--${outer}\r\n`,
    ...textFields,
    '\r\n',
    text,
    `\r\n--${outer}\r\n`,
    formatField('Content-Type', `multipart/digest; boundary="${inner}"`),
    ...held.flatMap(({ message }) => [begin, message]),
    `${end}\r\n--${outer}--\r\n`,
  ]
  const message = Buffer.concat(
    pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
  )
  return {
    recipients,
    message,
    messageId,
    ...(sender.address && { from: sender.address }),
    subject,
  }
}

const textFields = [
  formatField('Content-Type', 'text/plain; charset=utf-8'),
  formatField('Content-Transfer-Encoding', 'quoted-printable'),
]

function digestText({ caller, host, held }: DigestParts): string {
  const { login, uid, by } = caller
  const [first, last] = [held.at(0)?.at ?? 0, held.at(-1)?.at ?? 0]
  const sizes = held.map(({ message }) => String(message.length))
  const width = Math.max(...sizes.map(({ length }) => length))
  const lines = held.map(({ at, subject }, index) => {
    const size = (sizes[index] ?? '').padStart(width)
    return `${isoTime(at)}  ${size} bytes  ${subject || '(no subject)'}`
  })
  return [
    `${login} (${by ?? `uid ${uid}`}) on ${host} sent more messages than "per_hour" of the [[outbox]]`,
    `allows. These ${held.length} waited for that. Their subjects are alike, so they are attached`,
    'to one mail, unchanged. They were accepted from',
    `${isoTime(first)} to ${isoTime(last)}:`,
    '',
    ...lines,
    '',
  ].join('\n')
}
