import { type Credential, formatCredential } from './output-format.ts'

/** The mechanisms that accept a token, the one that both big providers know first. */
const tokenMechanisms = ['XOAUTH2', 'OAUTHBEARER'] as const
export type TokenMechanism = (typeof tokenMechanisms)[number]

/** The better of the mechanisms that a server offers, in upper case. */
export function chooseTokenMechanism(offered: readonly string[]): TokenMechanism | undefined {
  return tokenMechanisms.find((mechanism) => offered.includes(mechanism))
}

/** The client's message of a mechanism in base64, as AUTH sends it. */
export function initialResponse(mechanism: TokenMechanism, credential: Credential): string {
  return formatCredential(credential, mechanism === 'XOAUTH2' ? 'xoauth2-b64' : 'oauthbearer-b64')
}

/**
 * What a client says to an error challenge, which comes instead of the verdict and must be answered to
 * have that: an empty line, or ^A in base64 for OAUTHBEARER (RFC 7628 section 3.2.3).
 */
export function challengeAnswer(mechanism: TokenMechanism): string {
  return mechanism === 'XOAUTH2' ? '' : 'AQ=='
}

/** What an error challenge says (RFC 7628 section 3.2.2), one character a byte. */
export function decodeChallenge(challenge: string): string {
  return Buffer.from(challenge, 'base64').toString('latin1')
}
