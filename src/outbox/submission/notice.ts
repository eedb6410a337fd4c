import type { CallerKind } from '../../spool/entry.ts'
import { decodeBytes, encodePhrase, encodeText } from './encoded-words.ts'
import { formatField } from './format-field.ts'
import { encodeQuotedPrintable } from './quoted-printable.ts'
import { displayName } from './recipient-fields.ts'
import { dateOf, domainOf } from './prepare-message.ts'
import type { PreparedMessage } from './submission.ts'

/** A message that is not sent, for whoever is to hear of it. */
export interface Notice {
  /** Of the notice itself. */
  id: string
  at: number
  /** The account's address. */
  from: string
  to: string[]
  host: string
  about: {
    login: string
    uid: number
    by?: CallerKind
    recipients: readonly string[]
    subject: string
    /** In bytes. */
    size: number
    acceptedAt?: number
    /** As it was stored, or as it came. */
    message: Buffer
  }
  /** Why, with what the provider or server said. */
  reason: string
  /** What helps; empty: nothing known. */
  hint: string
}

const excerptLimit = 2_048
const recipientsShown = 20

/** The mail that tells of a message that was not sent. */
export function createNotice(notice: Notice): PreparedMessage {
  const { id, at, from, to, host, about } = notice
  const subject = `not sent: ${about.subject || '(no subject)'}`.slice(0, 200)
  const messageId = `<${id}@${domainOf(from)}>`
  const header = [
    formatField('To', to.join(', ')),
    formatField('From', `${encodePhrase(displayName(`cms-oauth on ${host}`))} <${from}>`),
    formatField('Subject', encodeText(subject)),
    formatField('Date', dateOf(at)),
    formatField('Message-ID', messageId),
    formatField('Auto-Submitted', 'auto-generated'),
    formatField('MIME-Version', '1.0'),
    formatField('Content-Type', 'text/plain; charset=utf-8'),
    formatField('Content-Transfer-Encoding', 'quoted-printable'),
  ]
  const body = encodeQuotedPrintable(Buffer.from(noticeText(notice)))
  const message = Buffer.concat([Buffer.from(`${header.join('')}\r\n`), body])
  return { recipients: to, message, messageId, from, subject }
}

function noticeText({ host, about, reason, hint }: Notice): string {
  const { login, uid, by, recipients, subject, size, acceptedAt, message } = about
  const shown = recipients.slice(0, recipientsShown).join(', ')
  const more = recipients.length - recipientsShown
  const rows = [
    `A message of ${login} (${by ?? `uid ${uid}`}) on ${host} was not sent.`,
    '',
    `Reason:   ${reason}`,
    ...(hint === '' ? [] : [`Hint:     ${hint}`]),
    `Subject:  ${subject}`,
    `To:       ${shown}${more > 0 ? ` and ${more} more` : ''}`,
    `Size:     ${size} bytes`,
    ...(acceptedAt === undefined ? [] : [`Accepted: ${new Date(acceptedAt).toISOString()}`]),
    '',
    'It begins:',
    '',
    decodeBytes(message.toString('latin1', 0, excerptLimit)).replaceAll('\r', ''),
    '',
  ]
  return rows.join('\n')
}
