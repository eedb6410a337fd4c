import type { Protocol } from '../sasl/output-format.ts'

/** The endpoints of an authorization server (RFC 8414 names). */
export interface Endpoints {
  authorization?: string
  token?: string
  deviceAuthorization?: string
  revocation?: string
}

/** A permission in the words of a person: as it is asked for, and as it is missed. */
export interface ScopeWords {
  asked: string
  missed: string
}

/**
 * What is known of who issues tokens, as far as a sign-in and a refresh need it: the daemon holds it.
 * What only a person at a terminal needs is the MailService in the same file. A field that is not
 * there is as at any server.
 */
export interface ProviderFacts {
  /** Absent: the discovery document says it, or the configuration. */
  endpoints?: Endpoints
  /** In place of `endpoints`, by the name that `cloud` has. */
  clouds?: Readonly<Record<string, Endpoints>>
  /** What is asked for: the same for every protocol, or by protocol, of which some may not be offered. */
  scopes: readonly string[] | Partial<Record<Protocol, readonly string[]>>
  /** What the scopes mean, by their names or the last segments of them. */
  words: Readonly<Record<string, ScopeWords>>
  /**
   * Where an answer leaves a scope out; `{login}` is the command that signs in, `{names}` the scopes.
   * Absent: the client has to be allowed more.
   */
  whenScopesMissing?: string
  /** What the request for a code carries besides. */
  authorizationParameters?: Readonly<Record<string, string>>
  /** How a client sends its secret; absent: what the server lists. */
  clientAuthentication?: 'basic' | 'post'
  /** Whether an old refresh token that comes back ends the sign-in; absent: strict. */
  rotation?: 'strict' | 'lenient'
  /** How long a sign-in lives that nobody uses, in ms; absent: not known. */
  idleLimitMs?: number
  /** Without the port; absent: `http://127.0.0.1`, as RFC 8252 section 7.3 prefers it. */
  redirectUri?: string
  /** What follows the port where the redirect URI has no path; absent: the root. */
  redirectPath?: ''
  /** Where the discovery document is, below the authority; absent: where RFC 8414 and OpenID want it. */
  discoveryPath?: string
}
