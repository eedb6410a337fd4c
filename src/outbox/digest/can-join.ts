/**
 * Which messages may be parts of a digest. It goes to whom they go to, and shows itself to all of these; whoever
 * answers one, or applies it as a patch, needs it on its own.
 */
import { addressKey } from '../../spool/address-key.ts'
import { isPlain, lineLimits } from '../submission/plain-lines.ts'
import { mailboxesIn } from '../submission/envelope.ts'
import { subjectOf } from '../submission/prepare-message.ts'
import { type Field, splitMessage } from '../submission/split-message.ts'

/** Fields of a conversation, of a mailing list, and of git's. */
const ofLetters = ['in-reply-to', 'references', 'list-id', 'list-post', 'resent-from']

/** True for a message, as it is stored, that can be a part of a digest for the same recipients. */
export function canJoin(message: Buffer, recipients: readonly string[]): boolean {
  const { fields } = splitMessage(headerOf(message))
  return (
    // RFC 2046 section 5.2.1: message/rfc822 has no encoding of its own.
    isPlain(message, lineLimits.smtp + 1) &&
    !isLetter(fields) &&
    !isOneOfSeries(subjectOf(fields)) &&
    showsAll(fields, recipients)
  )
}

function headerOf(message: Buffer): Buffer {
  const end = message.indexOf('\r\n\r\n')
  return end === -1 ? message : message.subarray(0, end + 4)
}

function isLetter(fields: readonly Field[]): boolean {
  return fields.some(({ name, value }) => {
    const key = name.toLowerCase()
    return ofLetters.includes(key) || (key === 'x-mailer' && /^git-send-email\b/.test(value))
  })
}

/** `[PATCH 3/25]`, `(2/7)`: each of them has its place in what they are together. */
function isOneOfSeries(subject: string): boolean {
  return (
    /\[[^\]]{0,60}\bPATCH\b/i.test(subject) ||
    /(?:^|[^\w/.])\d{1,4}\/\d{1,4}(?![\w/])/.test(subject)
  )
}

/** Who is hidden from the others by Bcc is hidden in a digest only where there are no others. */
function showsAll(fields: readonly Field[], recipients: readonly string[]): boolean {
  if (recipients.length === 1) return true
  const shown = new Set(mailboxesIn(fields, ['to', 'cc']).map(({ address }) => addressKey(address)))
  return recipients.every((recipient) => shown.has(addressKey(recipient)))
}
