import type { Account } from '../../accounts/account.ts'
import { ProviderProtocolError } from '../../errors.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { Clock } from '../../schedule/clock.ts'
import { foreignToken } from './foreign-token.ts'

/** With less of its life left a token reaches no mail server in time. */
const shortestUsefulMs = 1_000

/**
 * Refuses a token whose life is over when it comes: it is a failure like others, so that the provider
 * is not asked for another one like it at each request. One of another provider is none of the account's.
 * @throws ProviderProtocolError, SignInRequiredError
 */
export function requireUseful(account: Account, token: FreshToken, clock: Clock): void {
  const foreign = foreignToken(account, token)
  if (foreign !== undefined) throw foreign
  if (token.expiresAt - clock.wallMs() >= shortestUsefulMs) return
  throw new ProviderProtocolError(
    `the access token that the provider gave "${account.user}" expired before it could be used`,
    {
      hint: 'check the clock of this machine, and how long access tokens are valid by the settings of the provider (expires_in)',
    },
  )
}
