import type { ErrorCode } from '../errors.ts'

/** What each error says to a program. */
export const errorMeanings: Record<ErrorCode, string> = {
  usage: 'the command line is wrong',
  request_invalid: 'the request breaks the grammar',
  account_unknown: 'no account of this address is configured here; case matters',
  protocol_not_enabled: 'this socket does not serve the account for that protocol',
  not_permitted: 'the caller may not have it',
  sign_in_required: 'only a person who signs in can change it',
  sign_in_failed: 'a sign-in was tried and did not succeed; it may be tried again',
  provider_rejected: 'the provider refuses the application or its configuration',
  provider_unavailable: 'the provider cannot be reached or asks to wait: temporary',
  provider_protocol: "the provider's answer cannot be used",
  store_locked: 'another process has the store, or the keyring is locked: temporary',
  store_unreadable: 'the store or its key cannot be used; nothing was changed',
  config_invalid: 'the configuration is wrong',
  insecure_file_mode: 'a file or directory is open to others',
  daemon_unreachable: 'nobody answers',
  mail_login_refused: 'the mail server refused a login test',
  address_invalid: 'an address of a message is not one, or its recipients are too many',
  recipient_unknown: 'a name without a domain has no alias in the outbox',
  message_too_large: 'a message is larger than the outbox takes',
  input_unreadable: 'standard input cannot be read',
  outbox_full: 'the outbox has no room for a message: temporary',
}
