import { ProviderProtocolError } from '../errors.ts'
import { isHttpsUrl } from './https-url.ts'
import { parseJsonObject } from './json-object.ts'
import { checkEndpoints } from './next-steps.ts'

/** The fields of a discovery document that are used here (RFC 8414 section 2). */
export interface ServerMetadata {
  issuer: string
  /** Absent if nobody can sign in there. */
  authorizationEndpoint?: string
  tokenEndpoint: string
  revocationEndpoint?: string
  /** RFC 8628 section 4. */
  deviceAuthorizationEndpoint?: string
  userinfoEndpoint?: string
  tokenEndpointAuthMethods: string[]
  /** The algorithms for the signature of a client assertion. */
  assertionAlgorithms: string[]
  scopes: string[]
}

/**
 * Checks a discovery document: its issuer must be the expected one (RFC 8414 section 3.3), and its
 * endpoints must be https.
 * @throws ProviderProtocolError
 */
export function parseMetadata(body: string, issuer: string): ServerMetadata {
  const fields = parseJsonObject(body)
  const endpoint = (name: string) => httpsUrlIn(fields[name])
  const authorizationEndpoint = endpoint('authorization_endpoint')
  const tokenEndpoint = endpoint('token_endpoint')
  if (typeof fields['issuer'] !== 'string') {
    throw broken(issuer, 'does not name an issuer', checkEndpoints)
  }
  if (withoutSlash(fields['issuer']) !== withoutSlash(issuer)) {
    throw broken(issuer, 'names another issuer')
  }
  if (tokenEndpoint === undefined) throw broken(issuer, 'has no token endpoint with https')
  const revocationEndpoint = endpoint('revocation_endpoint')
  const deviceAuthorizationEndpoint = endpoint('device_authorization_endpoint')
  const userinfoEndpoint = endpoint('userinfo_endpoint')
  return {
    issuer: fields['issuer'],
    tokenEndpoint,
    tokenEndpointAuthMethods: stringsIn(fields['token_endpoint_auth_methods_supported']),
    assertionAlgorithms: stringsIn(fields['token_endpoint_auth_signing_alg_values_supported']),
    scopes: stringsIn(fields['scopes_supported']),
    ...(authorizationEndpoint === undefined ? {} : { authorizationEndpoint }),
    ...(revocationEndpoint === undefined ? {} : { revocationEndpoint }),
    ...(deviceAuthorizationEndpoint === undefined ? {} : { deviceAuthorizationEndpoint }),
    ...(userinfoEndpoint === undefined ? {} : { userinfoEndpoint }),
  }
}

function httpsUrlIn(value: unknown): string | undefined {
  return isHttpsUrl(value) ? value : undefined
}

function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '')
}

function broken(
  issuer: string,
  what: string,
  hint = 'authority must be the issuer, exactly as its own document spells it',
): ProviderProtocolError {
  return new ProviderProtocolError(`the discovery document of "${issuer}" ${what}`, { hint })
}
