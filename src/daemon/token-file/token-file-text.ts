import { type Account, saslIdentity } from '../../accounts/account.ts'
import type { TokenFileConfiguration } from '../../configuration/configuration.ts'
import { formatCredential } from '../../sasl/output-format.ts'
import type { ServedToken } from '../../sasl/served-token.ts'

/** The plugin reads the time into a C int. */
const latestExpiryS = 2_147_483_647

/** The whole content of a token file: the credential and nothing else, as a socket would answer. */
export function tokenFileText(
  { protocol, format }: Pick<TokenFileConfiguration, 'protocol' | 'format'>,
  account: Account,
  { accessToken, expiresAt }: ServedToken,
): string {
  const user = saslIdentity(account, protocol)
  const token = accessToken.reveal()
  if (format === 'sasl-xoauth2') return saslXoauth2(user, token, expiresAt)
  const credential = { account: account.user, user, protocol, accessToken: token, expiresAt }
  return formatCredential(credential, format)
}

/**
 * What the plugin sasl-xoauth2 reads at each login: every value a string, the time in seconds. It
 * asks the network for nothing while the time lies ahead; after that, a refresh token and an
 * endpoint that are empty leave it nobody to ask.
 */
function saslXoauth2(user: string, accessToken: string, expiresAt: number): string {
  const expiryS = Math.min(Math.floor(expiresAt / 1_000), latestExpiryS)
  return JSON.stringify({
    access_token: accessToken,
    refresh_token: '',
    expiry: String(expiryS),
    user,
    token_endpoint: '',
  })
}
