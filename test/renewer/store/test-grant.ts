import { Secret } from '../../../src/logging/secret.ts'
import type { StoredGrant } from '../../../src/renewer/store/record.ts'

/** A grant whose refresh token is easy to find where it must not be. */
export function testGrant(changes: Partial<StoredGrant> = {}): StoredGrant {
  return {
    user: 'user@example.com',
    provider: 'oidc',
    issuer: 'https://issuer.example',
    clientId: 'client',
    renewal: { kind: 'refresh_token', refreshToken: new Secret('canary-refresh-token') },
    scopes: ['mail'],
    signedInAt: 1_000,
    refreshedAt: 2_000,
    ...changes,
  }
}
