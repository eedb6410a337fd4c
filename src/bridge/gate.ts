import type { CmsOauthError } from '../errors.ts'
import type { Claim } from '../sasl/server/exchange.ts'
import type { ServerExchange } from '../sasl/server/server-exchange.ts'
import type { Upstream } from './upstream.ts'

/**
 * TLS with the client: not offered, offered and not begun, required and not begun, or in use. Nothing
 * of a dialogue without it is kept for the one with it.
 */
export type ClientTls = 'off' | 'offered' | 'required' | 'on'

/** Why a caller needs no password: whose program it is, or where it is. */
export type Admission = 'peer' | 'network'

/** Who logs in at the mail server, and as which account. */
export interface Entry {
  account: string
  /** What the log calls the caller: an Admission, or the name of a password. */
  by: string
  mechanism?: string
}

/** A login at the mail server, or why there is none. */
export type LoginOutcome = { upstream: Upstream } | { failure: CmsOauthError }

/** What the dialogue with one client may ask of the rest of the bridge. */
export interface Gate {
  /** TLS at the beginning of this dialogue; after STARTTLS there is another one. */
  readonly tls: ClientTls
  /** True where programs may show a password. */
  readonly offersPasswords: boolean
  /** Why the caller needs no password; undefined: it needs one. */
  readonly admission: Admission | undefined
  /** A mechanism's server side, with a nonce of its own. */
  createExchange(): ServerExchange
  /** The account of a claim that has a password which is good for it. */
  accountOf(claim: Claim): string | undefined
  /** The account that a claim names, whatever its password. */
  accountNamed(claim: Claim): string | undefined
  /** The account of a caller that needs no password and has this sender, or why there is none. */
  accountOfCaller(sender: string): { account: string; by: Admission } | { refusal: string }
  /** The extensions of the mail server that may be promised. */
  extensions(): Promise<readonly string[]>
  /**
   * Logs in at the mail server; takes 15 s at most and does not throw.
   * @param tag IMAP: of the client's command
   */
  login(entry: Entry, tag?: string): Promise<LoginOutcome>
  /**
   * The client does not get what it asks for: the log is told unless it gets in in another way. Undefined: it
   * goes on as it must.
   */
  deny(reason: string | undefined): void
  /** To be awaited before a wrong password is answered; false where its address tries too many. */
  refusePassword(mechanism: string): Promise<boolean>
}

/** Why a connection is closed, as far as the log is to know: a stray has not come for mail. */
export interface Closing {
  reason?: string
  isStray?: boolean
}

/** What a dialogue does next. */
export interface Step {
  /** Sent to the client. */
  reply?: string
  /** So many bytes come next, and are given to `receive` as a line is. */
  octets?: number
  /**
   * TLS begins after the reply, and then a new dialogue without a greeting. Where more has come
   * already, `injected` is sent instead: it would be believed to have come by TLS.
   */
  startTls?: { injected: string }
  /** The connection is closed after the reply. */
  close?: Closing
  /**
   * From now on bytes are passed on: `first` goes to the mail server before what the client has sent, the
   * reply to the client.
   */
  pipe?: { upstream: Upstream; entry: Entry; first?: string }
}

/** The dialogue of one protocol with one client, line by line until it goes on as bytes. */
export interface Dialogue {
  /** What a client is greeted with. */
  greet(): Promise<Step> | Step
  /** How many bytes a line may have that begins so. */
  lineLimit(start: string): number
  /** Answers a line, which is not one of HTTP; lines are given one after the other. */
  receive(line: string): Promise<Step> | Step
  /** The last words where a line never comes, or cannot be used. */
  readonly farewells: { silent: string; unusable: string }
}
