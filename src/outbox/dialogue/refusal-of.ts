import type { CmsOauthError, ErrorCode } from '../../errors.ts'
import { TooManyRecipientsError } from '../submission/envelope.ts'

/** What can never be sent is 5yz; what an administrator or time may change is 4yz, so that it is tried again. */
const statuses: Partial<Record<ErrorCode, string>> = {
  address_invalid: '553 5.1.3',
  recipient_unknown: '550 5.1.1',
  not_permitted: '550 5.7.1',
  message_too_large: '552 5.3.4',
  outbox_full: '452 4.3.1',
  config_invalid: '451 4.3.5',
}

/** Of a reply, with its CRLF (RFC 5321 section 4.5.3.1.5). */
const mostOctets = 512

/** The line that answers a recipient or a message that is not taken. */
export function refusalOf(error: CmsOauthError): string {
  if (error instanceof TooManyRecipientsError) return '452 4.5.3 too many recipients'
  const status = statuses[error.code] ?? '451 4.3.0'
  const text = error.hint === '' ? error.message : `${error.message}; ${error.hint}`
  return `${status} ${text.replaceAll(/[^ -~]/g, '?')}`.slice(0, mostOctets - 2)
}
