/**
 * One attempt to sign in: what must come back from the provider, exactly once and in time. A wrong
 * `state` proves nothing about the attempt and leaves it alive.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { type CmsOauthError, SignInFailedError } from '../errors.ts'
import type { Secret } from '../logging/secret.ts'
import { reduceDescription } from '../oauth/error-response.ts'
import { createProofKey } from '../oauth/pkce.ts'

/** How long a person has. */
export const signInLimitMs = 10 * 60_000

/** What the redirect brought. */
export type RedirectAnswer =
  | { kind: 'code'; code: string }
  | { kind: 'refused'; error: CmsOauthError }
  /** Not the answer to this attempt. */
  | { kind: 'foreign' }

/** The secrets of one attempt, and the check of what comes back. */
export class PendingSignIn {
  readonly state = randomBytes(32).toString('base64url')
  readonly nonce = randomBytes(32).toString('base64url')
  readonly codeVerifier: Secret
  readonly codeChallenge: string
  readonly #user: string
  #isUsed = false

  constructor(user: string) {
    const { codeVerifier, codeChallenge } = createProofKey()
    this.codeVerifier = codeVerifier
    this.codeChallenge = codeChallenge
    this.#user = user
  }

  /**
   * Reads the parameters of a redirect (RFC 6749 sections 4.1.2 and 4.1.2.1). `issuer` is the one that
   * `iss` must equal where the server sends it (RFC 9207 section 2.4).
   */
  receive(parameters: URLSearchParams, issuer: string | undefined): RedirectAnswer {
    if (this.#isUsed || !isSame(parameters.get('state') ?? '', this.state)) {
      return { kind: 'foreign' }
    }
    this.#isUsed = true
    const iss = parameters.get('iss')
    if (issuer !== undefined && iss !== null && iss !== issuer) {
      return refused(
        'the answer came from another issuer than the one that was asked',
        'sign in again',
      )
    }
    const error = parameters.get('error')
    if (error !== null) return this.#refusal(error, parameters.get('error_description') ?? '')
    const code = parameters.get('code')
    if (code !== null && code !== '') return { kind: 'code', code }
    return refused('the provider sent neither a code nor an error', 'sign in again')
  }

  #refusal(error: string, description: string): RedirectAnswer {
    const word = reduceDescription(error)
    const said = description === '' ? word : `${word} (${reduceDescription(description)})`
    const hint =
      error === 'access_denied'
        ? 'if you did not mean to deny it, sign in again and allow what is asked; your organization may want an administrator to'
        : 'sign in again; if it stays, show these words to whoever keeps the app registration'
    return refused(`the provider did not sign "${this.#user}" in: ${said}`, hint, {
      error: word,
      description: reduceDescription(description),
    })
  }
}

function refused(
  message: string,
  hint: string,
  answer: { error?: string; description?: string } = {},
): RedirectAnswer {
  return { kind: 'refused', error: new SignInFailedError(message, { hint, answer }) }
}

function isSame(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
