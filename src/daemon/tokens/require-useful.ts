import type { Account } from '../../accounts/account.ts'
import { ProviderProtocolError } from '../../errors.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { Clock } from '../../schedule/clock.ts'

/** With less of its life left a token reaches no mail server in time. */
const shortestUsefulMs = 1_000

/**
 * Refuses a token whose life is over when it comes: it is a failure like others, so that the provider
 * is not asked for another one like it at each request. @throws ProviderProtocolError
 */
export function requireUseful({ user }: Account, { expiresAt }: FreshToken, clock: Clock): void {
  if (expiresAt - clock.wallMs() >= shortestUsefulMs) return
  throw new ProviderProtocolError(
    `the access token that the provider gave "${user}" expired before it could be used`,
    {
      hint: 'check the clock of this machine, and how long access tokens are valid by the settings of the provider (expires_in)',
    },
  )
}
