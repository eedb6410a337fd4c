import type { Account } from '../../../src/accounts/account.ts'
import { Providers } from '../../../src/renewer/providers/providers.ts'
import type { TokenSet } from '../../../src/renewer/providers/issued-token.ts'

/** Whose the tokens are, as they say or because the provider was asked. */
export async function identitiesOf(account: Account, tokens: TokenSet): Promise<string[]> {
  const provider = await new Providers().find(account.provider)
  if (tokens.identities.length > 0 || provider.identify === undefined) return tokens.identities
  return provider.identify(account, tokens, AbortSignal.timeout(60_000))
}
