import { fingerprint, Secret } from '../../src/logging/secret.ts'
import type { FreshToken } from '../../src/messages/renewer-jobs.ts'

/** What the renewer answers a refresh with, but for the changes. */
export function refreshedToken(changes: Partial<FreshToken> = {}): FreshToken {
  const { accessToken = 'canary' } = changes
  return {
    accessToken,
    fingerprint: fingerprint(new Secret(accessToken)),
    expiresAt: 0,
    scopes: [],
    signedInAt: 1,
    isDurable: true,
    ...changes,
  }
}
