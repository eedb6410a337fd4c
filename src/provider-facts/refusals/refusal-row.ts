import type { Protocol } from '../../sasl/output-format.ts'

/** Where in a conversation a server refuses. */
export type Stage = 'greeting' | 'tls' | 'login' | 'select' | 'mail'

/**
 * Who can resolve a refusal: nobody but time, the person who signs in, an administrator of the organization
 * or of the server, the operator who writes the configuration, or the owner of the mailbox on a web page.
 */
export type EndedBy = 'waits' | 'person' | 'administrator' | 'operator' | 'owner'

/** What resolves a refusal. In a step `{user}` is the account, `{url}` the page that the server names. */
export interface Remedy {
  endedBy: EndedBy
  /** The next step, a sentence without full stop. */
  nextStep: string
}

/**
 * One known refusal. All that is said of how it is recognised must fit. To add one: copy a row of its
 * provider's file, put in what the server said, and run the tests, which are made from the rows.
 */
export interface RefusalRow extends Remedy {
  /** Absent: in every protocol. */
  protocols?: readonly Protocol[]
  /** Absent: wherever it comes. */
  stages?: readonly Stage[]
  /** SMTP's reply code or the beginning of it, the tagged status of IMAP, or `-ERR`. */
  code?: string
  /** Enhanced status code (RFC 3463). */
  enhanced?: string
  /** Response code in brackets, without what follows its name (RFC 5530, RFC 2449, RFC 3206). */
  responseCode?: string
  /** The server's own words: they decide where one code carries several refusals. */
  words?: RegExp
  /** Only accounts of this provider can meet it. */
  provider?: 'microsoft' | 'google'
  /** True: of a login, the server does not accept the token; one that is fetched now may be accepted. */
  isOfToken?: boolean
  /** True: one message or one recipient is refused, and another may be accepted. */
  isOfMessage?: boolean
  /** True: of these, it is about the recipient, whatever the message is. */
  isOfRecipient?: boolean
  /** What is the matter, without full stop. */
  meaning: string
  /** What resolves it where an application has the token and nobody signs in; absent: the same. */
  appOnly?: Remedy
  /** For `waits`: minutes until the next try, where the server does not say. */
  minutes?: number
  /** What a server said, code first. */
  example: string
  /** Where the words come from. */
  source: string
}
