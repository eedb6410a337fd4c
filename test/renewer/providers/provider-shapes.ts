import type { Account } from '../../../src/accounts/account.ts'
import { testAccount } from '../../support/accounts.ts'
import { testClientId, testClientSecret, testTenant } from '../../support/authorization-server.ts'

/** A provider and its account at a server of the tests. */
export interface ProviderShape {
  name: Account['provider']
  /** The path of the discovery document it reads; absent where it reads none. */
  discovery?: string
  account: (url: string) => Account
}

export const user = 'user@example.com'
const clientSecret = { from: 'inline', value: testClientSecret } as const

/** Every provider, in the shape that its library expects. */
export const providerShapes: ProviderShape[] = [
  {
    name: 'office365',
    discovery: `/${testTenant}/v2.0/.well-known/openid-configuration`,
    account: (url) =>
      testAccount({
        user,
        provider: 'office365',
        clientId: testClientId,
        authority: `${url}/${testTenant}`,
        scopes: ['https://outlook.office.com/SMTP.Send'],
        redirectUri: 'http://localhost',
      }),
  },
  {
    name: 'gmail',
    account: (url) => {
      const { authority: _, ...account } = testAccount({
        user,
        provider: 'gmail',
        clientId: `${testClientId}-post`,
        clientSecret,
        scopes: ['https://mail.google.com/'],
        endpoints: {
          authorization: `${url}/o/oauth2/v2/auth`,
          token: `${url}/token`,
          deviceAuthorization: `${url}/device/auth`,
          revocation: `${url}/revoke`,
        },
      })
      return account
    },
  },
  {
    name: 'oidc',
    discovery: '/.well-known/openid-configuration',
    account: (url) =>
      testAccount({ user, clientId: `${testClientId}-basic`, clientSecret, authority: url }),
  },
]
