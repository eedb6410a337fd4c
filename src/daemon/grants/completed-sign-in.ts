import type { Account } from '../../accounts/account.ts'
import { findMissingPermissions } from '../../accounts/missing-permissions.ts'
import type { SignInProgress } from '../../messages/control-api.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import { isoTime } from '../../schedule/iso-time.ts'

/** The last line of a sign-in that brought tokens, with what they do not allow. */
export function completed(
  account: Account,
  { expiresAt, scopes }: Pick<FreshToken, 'expiresAt' | 'scopes'>,
): Extract<SignInProgress, { event: 'completed' }> {
  const missing = findMissingPermissions(account, scopes)
  return {
    event: 'completed',
    user: account.user,
    expires_at: isoTime(expiresAt),
    ...(account.sendsBy === undefined ? {} : { sends_by: account.sendsBy }),
    ...(missing === undefined
      ? {}
      : {
          missing: {
            message: missing.message,
            next_step: missing.nextStep,
            is_certain: missing.isCertain,
          },
        }),
  }
}
