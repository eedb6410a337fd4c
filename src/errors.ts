/**
 * Every error that a person, a log or a program may see. There is one class for each answer to "who
 * can fix this?"; its code is the same word in the log, in a JSON reply, in tests and in the table
 * of exit statuses.
 */

import {
  type Actor,
  brand,
  BrokerError,
  type BrokerErrorOptions,
  ProviderError,
  type ProviderErrorOptions,
} from './broker-error.ts'

export { type Actor, actors, type ProviderAnswer } from './broker-error.ts'

/** How a hint ends where nobody need do anything more, after what it is that is tried. */
export const triedAgain = 'is tried again automatically'
/** How such a hint begins where nobody need do anything before either. */
const temporary = /^this is (?:usually )?temporary\b/

/**
 * What a hint that ends with `triedAgain` says to do first; empty: just wait. Undefined for a hint of
 * another end.
 */
export function stepBeforeRetry(hint: string): string | undefined {
  const ending = ['it', 'this']
    .map((what) => `${what} ${triedAgain}`)
    .find((one) => hint.endsWith(one))
  if (ending === undefined) return undefined
  const step = hint.slice(0, -ending.length)
  return temporary.test(step) ? '' : step.replace(/; $/, '')
}

/** The command line is wrong: the caller must change it. */
export class UsageError extends BrokerError {
  readonly code = 'usage'
}
/** The configuration is wrong: the operator must edit it. */
export class ConfigInvalidError extends BrokerError {
  readonly code = 'config_invalid'
}
/** A file or directory is open to others: the operator must change its owner or mode. */
export class InsecureFileModeError extends BrokerError {
  readonly code = 'insecure_file_mode'
}
/** No account of this name is configured here. */
export class AccountUnknownError extends BrokerError {
  readonly code = 'account_unknown'
}
/** The account exists, but this socket does not serve it for the protocol asked for. */
export class ProtocolNotEnabledError extends BrokerError {
  readonly code = 'protocol_not_enabled'
}
/** The peer is not allowed to have what it asks for, or to open the socket. */
export class NotPermittedError extends BrokerError {
  readonly code = 'not_permitted'
}
/** Only a person can fix it, by signing in. */
export class SignInRequiredError extends ProviderError {
  readonly code = 'sign_in_required'
}
/** A sign-in failed; the person may try again. */
export class SignInFailedError extends ProviderError {
  readonly code = 'sign_in_failed'
}
/** The provider refuses this application or configuration: only the operator can fix it. */
export class ProviderRejectedError extends ProviderError {
  readonly code = 'provider_rejected'
}
/** The provider cannot be reached or asks to wait: temporary. */
export class ProviderUnavailableError extends ProviderError {
  readonly code = 'provider_unavailable'
  /** How long the provider asked to wait, in ms (Retry-After); undefined where it did not say. */
  readonly retryAfterMs: number | undefined
  /** True where the provider did not say how long: it is what helps as a rule. */
  readonly isUsualWait: boolean
  constructor(
    message: string,
    options: ProviderErrorOptions & { retryAfterMs?: number; isUsualWait?: boolean } = {},
  ) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs
    this.isUsualWait = options.isUsualWait ?? false
  }
}
/** The provider's answer breaks the protocol (no token in it, HTML, unusable characters). */
export class ProviderProtocolError extends ProviderError {
  readonly code = 'provider_protocol'
}
/** Another host or process is using the store or a socket, or the keyring is locked: temporary. */
export class StoreLockedError extends BrokerError {
  readonly code = 'store_locked'
}
/** The store or its key cannot be used; nothing was changed. */
export class StoreUnreadableError extends BrokerError {
  readonly code = 'store_unreadable'
}
/** A request on a socket breaks the grammar. */
export class RequestInvalidError extends BrokerError {
  readonly code = 'request_invalid'
}
/** Nobody answers on the socket. */
export class DaemonUnreachableError extends BrokerError {
  readonly code = 'daemon_unreachable'
}
/** What a login at a mail server failed of, where another time does not help. */
export type MailLoginFault = 'credential' | 'certificate' | 'server'
/** A login at a mail server did not succeed. */
export class MailLoginRefusedError extends BrokerError {
  readonly code = 'mail_login_refused'
  /** The server refused the credential, its certificate does not hold, or it is unfit in another way. */
  readonly fault: MailLoginFault
  /** True where the server does not accept the token: another one of the same account may do. */
  readonly isOfToken: boolean
  constructor(
    message: string,
    options: BrokerErrorOptions & { fault?: MailLoginFault; isOfToken?: boolean } = {},
  ) {
    super(message, options)
    this.fault = options.fault ?? 'server'
    this.isOfToken = options.isOfToken ?? false
  }
}
/** An address of a message is none, or the recipients are too many: the caller must change it. */
export class AddressInvalidError extends BrokerError {
  readonly code = 'address_invalid'
}
/** A name without a domain has no alias here. */
export class RecipientUnknownError extends BrokerError {
  readonly code = 'recipient_unknown'
}
/** A message is larger than the outbox takes. */
export class MessageTooLargeError extends BrokerError {
  readonly code = 'message_too_large'
}
/** What a program was given to read cannot be read. */
export class InputUnreadableError extends BrokerError {
  readonly code = 'input_unreadable'
}
/** The outbox has no room, or its disk cannot be written: temporary. */
export class OutboxFullError extends BrokerError {
  readonly code = 'outbox_full'
}

/** The class of each code. */
export const errorClasses = {
  usage: UsageError,
  config_invalid: ConfigInvalidError,
  insecure_file_mode: InsecureFileModeError,
  account_unknown: AccountUnknownError,
  protocol_not_enabled: ProtocolNotEnabledError,
  not_permitted: NotPermittedError,
  sign_in_required: SignInRequiredError,
  sign_in_failed: SignInFailedError,
  provider_rejected: ProviderRejectedError,
  provider_unavailable: ProviderUnavailableError,
  provider_protocol: ProviderProtocolError,
  store_locked: StoreLockedError,
  store_unreadable: StoreUnreadableError,
  request_invalid: RequestInvalidError,
  daemon_unreachable: DaemonUnreachableError,
  mail_login_refused: MailLoginRefusedError,
  address_invalid: AddressInvalidError,
  recipient_unknown: RecipientUnknownError,
  message_too_large: MessageTooLargeError,
  input_unreadable: InputUnreadableError,
  outbox_full: OutboxFullError,
} as const

/** The code of an error: the word that programs compare. */
export type ErrorCode = keyof typeof errorClasses
/** All of them. */
export const errorCodes = Object.keys(errorClasses) as ErrorCode[]
/** True for a code of this version. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorClasses, code)
}

/** Any error of this program: `switch (error.code)` over it is exhaustive. */
export type CmsOauthError = InstanceType<(typeof errorClasses)[ErrorCode]>

const patience: readonly ErrorCode[] = ['provider_unavailable', 'store_locked', 'outbox_full']

/** Who must act to fix the error. */
export function actorOf({ code, actor }: CmsOauthError): Actor {
  return actor ?? (patience.includes(code) ? 'nobody' : 'you')
}

/** True for an error of this program, false for a library's error or a bug. */
export function isCmsOauthError(error: unknown): error is CmsOauthError {
  return typeof error === 'object' && error !== null && brand in error
}

/** True for an error after which nobody knows whether the provider has rotated. */
export function hasUnknownFate(error: unknown): error is CmsOauthError {
  return isCmsOauthError(error) && 'isFateUnknown' in error && error.isFateUnknown
}

/** The error, marked as one after which the provider may have rotated; any other error unchanged. */
export function withUnknownFate(error: unknown): unknown {
  if (isCmsOauthError(error) && 'isFateUnknown' in error) error.isFateUnknown = true
  return error
}
