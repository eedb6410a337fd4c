import type { Account } from '../../../accounts/account.ts'
import { googleIssuer } from '../../../provider-facts/google.ts'
import type { TokenSet } from '../issued-token.ts'

/** The tokens, whose id_token must be one of Google where the token endpoint is Google's own. */
export function withGoogleIssuer(account: Account, tokens: TokenSet): TokenSet {
  const { idToken } = tokens
  const isGoogle = account.endpoints.token === undefined
  if (idToken === undefined || !isGoogle) return tokens
  return { ...tokens, idToken: { ...idToken, issuer: googleIssuer } }
}
