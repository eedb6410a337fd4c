import type { ErrorCode } from '../errors.ts'

/** sysexits(3) for every error, as callers of sendmail know it: 75 is what a queue may try again. */
export const exitStatus: Record<ErrorCode, number> = {
  usage: 64,
  request_invalid: 64,
  address_invalid: 65,
  recipient_unknown: 67,
  account_unknown: 67,
  message_too_large: 69,
  input_unreadable: 74,
  outbox_full: 75,
  daemon_unreachable: 75,
  provider_unavailable: 75,
  provider_protocol: 75,
  store_locked: 75,
  store_unreadable: 75,
  not_permitted: 77,
  protocol_not_enabled: 77,
  sign_in_required: 77,
  sign_in_failed: 77,
  provider_rejected: 77,
  mail_login_refused: 77,
  config_invalid: 78,
  insecure_file_mode: 78,
}

/** EX_SOFTWARE: a fault of this program. */
export const internalError = 70

/** What an exit status means, in a few words. */
export const exitMeanings: Record<number, string> = {
  0: 'the message is stored and will be sent',
  64: 'bad usage, or no recipients',
  65: 'an address is not one, or there are too many recipients',
  67: 'a name without a domain has no alias',
  69: 'the message is larger than the outbox takes',
  [internalError]: 'a fault of this program',
  74: 'standard input cannot be read, or with -bs ends before the message does',
  75: 'the outbox is full or out of reach: the message is kept in a file that is named',
  77: 'you may not send by this outbox, or not to this recipient',
  78: 'there is no such outbox, or its configuration is wrong',
}
