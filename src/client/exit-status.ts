import type { ErrorCode } from '../errors.ts'

/** The exit status of the client (sysexits(3)) for every error. */
export const exitStatus: Record<ErrorCode, number> = {
  usage: 64,
  request_invalid: 64,
  account_unknown: 67,
  daemon_unreachable: 69,
  provider_unavailable: 75,
  store_locked: 75,
  provider_protocol: 76,
  sign_in_required: 77,
  sign_in_failed: 77,
  not_permitted: 77,
  protocol_not_enabled: 77,
  provider_rejected: 77,
  mail_login_refused: 77,
  config_invalid: 78,
  insecure_file_mode: 78,
  store_unreadable: 78,
  address_invalid: 65,
  recipient_unknown: 67,
  message_too_large: 69,
  input_unreadable: 74,
  outbox_full: 75,
}

/** EX_IOERR: the command succeeded, but standard output could not be written. */
export const outputLost = 74

/** What an exit status means, in a few words. */
export const exitMeanings: Record<number, string> = {
  0: 'done',
  64: 'bad usage',
  65: 'an address is not one',
  67: 'unknown account',
  69: 'no daemon',
  [outputLost]: 'the output cannot be written',
  75: 'try later: the provider or the store is busy or out of reach',
  76: 'the provider broke the protocol',
  77: 'sign-in needed, permission denied, or the mail server refused',
  78: 'bad configuration or store',
}
