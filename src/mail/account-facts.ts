import { googleMailHost, googleTokenPrefix } from '../provider-facts/google.ts'
import { microsoftIssuer, microsoftMailHost } from '../provider-facts/microsoft.ts'
import { parseJson } from '../shapes/parse-json.ts'

/** What is known of whose token it is: some refusals mean another thing, and some advice does not fit. */
export interface AccountFacts {
  user: string
  /** Whose mail server and token it is; undefined: not one of the two that are known. */
  provider: 'microsoft' | 'google' | undefined
  /** An application has the token: nobody signs in. */
  isAppOnly: boolean
}

/**
 * Reads it from the server's name and from the claims of a token that has some. Only advice depends on
 * it, so that the signature does not matter.
 */
export function accountFactsOf(user: string, host: string, accessToken: string): AccountFacts {
  const { iss, idtyp, roles, scp } = claimsOf(accessToken)
  const isMicrosoft = typeof iss === 'string' && microsoftIssuer.test(iss)
  const isGoogle = accessToken.startsWith(googleTokenPrefix)
  return {
    user,
    provider:
      isMicrosoft || microsoftMailHost.test(host)
        ? 'microsoft'
        : isGoogle || googleMailHost.test(host)
          ? 'google'
          : undefined,
    isAppOnly: idtyp === 'app' || (Array.isArray(roles) && scp === undefined),
  }
}

/** The claims of a JWT; empty for any other token. */
function claimsOf(token: string): Record<string, unknown> {
  const [, payload, signature] = token.split('.')
  if (payload === undefined || signature === undefined) return {}
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'))
  return typeof claims === 'object' && claims !== null ? { ...claims } : {}
}
