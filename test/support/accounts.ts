import type { Account } from '../../src/accounts/account.ts'

/** An account for tests that never reach a provider. */
export function testAccount(changes: Partial<Account> = {}): Account {
  return {
    user: 'user@example.com',
    provider: 'oidc',
    clientId: 'client',
    grant: 'authorization_code',
    loginHint: 'user@example.com',
    saslUser: {},
    scopes: ['mail'],
    authority: 'https://issuer.example',
    endpoints: {},
    redirectUri: 'http://127.0.0.1',
    issuer: 'https://issuer.example',
    rotation: 'strict',
    ...changes,
  }
}
