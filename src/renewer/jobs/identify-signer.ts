import type { Account } from '../../accounts/account.ts'
import { isCmsOauthError } from '../../errors.ts'
import { afterRunning } from '../../schedule/running-time.ts'
import type { TokenSet } from '../providers/issued-token.ts'
import type { Provider } from '../providers/provider.ts'

const tries = 3
const tryLimitMs = 4_000

/**
 * The addresses of whoever signed in, by the tokens, or else by asking the provider for them. One that
 * cannot be asked has told none: the code is redeemed by then, and a person would have to come again.
 */
export async function identifySigner(
  provider: Provider,
  account: Account,
  tokens: TokenSet,
): Promise<string[]> {
  const { identities } = tokens
  if (identities.length > 0 || provider.identify === undefined) return identities
  for (let left = tries; left > 0; left--) {
    const controller = new AbortController()
    const stop = afterRunning(tryLimitMs, () => controller.abort())
    try {
      return await provider.identify(account, tokens, controller.signal)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
    } finally {
      stop()
    }
  }
  return []
}
