/** What the classes of errors.ts are made of; everything else imports those. */

/**
 * Who can fix an error: whoever uses the mailbox or runs this machine, the administrator on the
 * provider's side, or nobody, because it is temporary.
 */
export const actors = ['you', 'administrator', 'nobody'] as const
/** One of them. */
export type Actor = (typeof actors)[number]

/** What an error may say beside its message. */
export interface BrokerErrorOptions {
  /** The next step for whoever reads the message, as a sentence without full stop. */
  hint?: string
  /** Who must act, where it differs from what the error's class says: see actorOf. */
  actor?: Actor
  /** What caused it; only the log sees it, reduced to harmless fields. */
  cause?: unknown
}

/**
 * Marks the errors of this program; each bundle has its own copy of the classes, so instanceof does
 * not work.
 */
export const brand = Symbol.for('cms-oauth.error')

/** What every error of this program has. */
export abstract class BrokerError extends Error {
  readonly [brand] = true
  abstract readonly code: string
  readonly hint: string
  readonly actor: Actor | undefined

  constructor(message: string, options: BrokerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.hint = options.hint ?? ''
    this.actor = options.actor
  }
}

/** What the provider itself said, reduced to what may be logged and shown. */
export interface ProviderAnswer {
  /** HTTP status of the answer, absent where none came. */
  status?: number
  /** The OAuth `error` value (RFC 6749 section 5.2). */
  error?: string
  /** At most 200 printable characters of `error_description`. */
  description?: string
  /** Microsoft's AADSTS number. */
  aadsts?: number
  /** What Microsoft's support asks for: the correlation id, the trace id, and the time as it wrote it. */
  correlationId?: string
  traceId?: string
  timestamp?: string
}

/** The same for an error of a provider. */
export interface ProviderErrorOptions extends BrokerErrorOptions {
  answer?: ProviderAnswer
  isFateUnknown?: boolean
}

/** An error that an answer of the provider may have caused. */
export abstract class ProviderError extends BrokerError {
  readonly answer: ProviderAnswer
  /**
   * True if the request was sent but no answer says what came of it: the provider may have rotated.
   */
  isFateUnknown: boolean

  constructor(message: string, options: ProviderErrorOptions = {}) {
    super(message, options)
    this.answer = options.answer ?? {}
    this.isFateUnknown = options.isFateUnknown ?? false
  }
}
