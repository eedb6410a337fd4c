import { randomBytes, timingSafeEqual } from 'node:crypto'
import { ProviderProtocolError } from '../../errors.ts'
import type { Secret } from '../../logging/secret.ts'
import { reduceDescription } from '../../oauth/error-response.ts'
import { createProofKey } from '../../oauth/pkce.ts'
import { expiredFailure, failureOfAnswer, type SignInFailure } from './sign-in-failure.ts'

/** How long a person may take, in ms. */
export const signInLifetimeMs = 600_000

/** So much of a state is not chance. */
const leastOfState = 8

/** What a request at the redirect URI is to this sign-in. */
export type Received =
  /** Another sign-in's, or nobody's: nothing has changed. */
  | { kind: 'foreign' }
  /** This sign-in's, but it was answered already. */
  | { kind: 'repeated' }
  | { kind: 'code'; code: string }
  | { kind: 'failure'; failure: SignInFailure }

interface AuthorizationAttemptOptions {
  user: string
  /** Ms by a clock that nobody sets, and that goes on through a suspend. */
  now: () => number
}

/**
 * One attempt, from the URL that the browser is sent to until the answer is back: a state of 256
 * bits for one use, a nonce, and the proof key (RFC 6749 section 10.12, RFC 7636, RFC 9207).
 */
export class AuthorizationAttempt {
  readonly #user: string
  readonly #now: () => number
  readonly #expiresAt: number
  readonly #state = randomBytes(32).toString('base64url')
  readonly #nonce = randomBytes(32).toString('base64url')
  readonly #proofKey = createProofKey()
  #isAnswered = false

  constructor({ user, now }: AuthorizationAttemptOptions) {
    this.#user = user
    this.#now = now
    this.#expiresAt = now() + signInLifetimeMs
  }

  /** True once an answer with the right state has come. */
  get isAnswered(): boolean {
    return this.#isAnswered
  }

  /** What goes into the authorization request. */
  get authorization(): { state: string; nonce: string; codeChallenge: string } {
    return {
      state: this.#state,
      nonce: this.#nonce,
      codeChallenge: this.#proofKey.codeChallenge,
    }
  }

  /** What goes, beside the code, into its redemption. */
  get redemption(): { nonce: string; codeVerifier: Secret } {
    return { nonce: this.#nonce, codeVerifier: this.#proofKey.codeVerifier }
  }

  /** True for the beginning of this sign-in's state; to be told to its owner alone. */
  isCutOff(state: string): boolean {
    return state.length >= leastOfState && this.#state.startsWith(state)
  }

  /**
   * Judges the parameters of a request at the redirect URI; the first with the right state is the
   * answer. `issuer` is whom an `iss` must name; undefined: not known.
   */
  receive(parameters: URLSearchParams, issuer: string | undefined): Received {
    if (!this.#isOurs(parameters.getAll('state'))) return { kind: 'foreign' }
    if (this.#isAnswered) return { kind: 'repeated' }
    this.#isAnswered = true
    if (this.#now() >= this.#expiresAt) {
      return { kind: 'failure', failure: expiredFailure(this.#user, signInLifetimeMs) }
    }
    return this.#judge(parameters, issuer)
  }

  #judge(parameters: URLSearchParams, issuer: string | undefined): Received {
    const iss = parameters.get('iss')
    if (issuer !== undefined && iss !== null && iss !== issuer) {
      return this.#broken(`names the issuer "${reduceDescription(iss)}", not "${issuer}"`)
    }
    // RFC 6749 section 3.1: no parameter comes twice.
    const twice = [...parameters.keys()].find((name) => parameters.getAll(name).length > 1)
    if (twice !== undefined) return this.#broken('repeats a parameter')
    if (parameters.has('error')) {
      return { kind: 'failure', failure: failureOfAnswer(this.#user, parameters) }
    }
    const code = parameters.get('code') ?? ''
    return code === '' ? this.#broken('holds neither a code nor an error') : { kind: 'code', code }
  }

  #isOurs(states: string[]): boolean {
    const [state = ''] = states
    const given = Buffer.from(state)
    const wanted = Buffer.from(this.#state)
    return states.length === 1 && given.length === wanted.length && timingSafeEqual(given, wanted)
  }

  #broken(what: string): Received {
    const error = new ProviderProtocolError(`the provider's answer for "${this.#user}" ${what}`, {
      hint: `run "cms-oauth login ${this.#user}" again, and check the address of the page where you sign in`,
    })
    return { kind: 'failure', failure: { kind: 'protocol', error } }
  }
}
