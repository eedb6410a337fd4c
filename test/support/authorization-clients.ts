import { X509Certificate } from 'node:crypto'
import type { ClientMetadata } from 'oidc-provider'
import { deviceCodeGrantType } from '../../src/oauth/device-authorization.ts'

export const testClientId = 'test-client'
export const testClientSecret = 'test-client-secret'

/** Where no key of the server says otherwise: RS256, which it does not have. */
const signing = { id_token_signed_response_alg: 'ES256' } as const

/** The redirect URI that is a page of another machine, as some registrations have none but that. */
export const pageElsewhere = 'https://pages.example/nativeclient'

/** Clients with which a person signs in: public, and with a secret either way. */
export function signInClients(): ClientMetadata[] {
  const client = {
    ...signing,
    application_type: 'native' as const,
    grant_types: ['authorization_code', 'refresh_token', deviceCodeGrantType],
    response_types: ['code' as const],
    redirect_uris: [
      pageElsewhere,
      'http://localhost',
      'http://127.0.0.1',
      'http://127.0.0.1/',
      'http://localhost/',
      // Those of the registrations that cloud_mdir_sync brings.
      'http://127.0.0.1/oauth2/msal',
      'http://127.0.0.1/oauth2/gmail',
    ],
  }
  return [
    { ...client, client_id: testClientId, token_endpoint_auth_method: 'none' },
    ...withSecrets(client, testClientId),
  ]
}

/** Clients that ask for themselves: with a secret either way, and with this certificate (PEM). */
export function appClients(certificate: string | undefined): ClientMetadata[] {
  const client = {
    ...signing,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  }
  const bySecret = withSecrets(client, `${testClientId}-app`)
  if (certificate === undefined) return bySecret
  const key = new X509Certificate(certificate).publicKey.export({ format: 'jwk' })
  const jwks = { keys: [{ ...key, use: 'sig' }] } as NonNullable<ClientMetadata['jwks']>
  const byAssertion = { ...client, client_id: `${testClientId}-jwt`, jwks }
  return [...bySecret, { ...byAssertion, token_endpoint_auth_method: 'private_key_jwt' }]
}

function withSecrets(client: Omit<ClientMetadata, 'client_id'>, name: string): ClientMetadata[] {
  return (['post', 'basic'] as const).map((method) => ({
    ...client,
    client_id: `${name}-${method}`,
    client_secret: testClientSecret,
    token_endpoint_auth_method: `client_secret_${method}` as const,
  }))
}
