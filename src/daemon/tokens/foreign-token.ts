import type { Account } from '../../accounts/account.ts'
import { SignInRequiredError } from '../../errors.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'

/**
 * Why a token is not the account's here: another host got it from another provider, or another tenant, and the
 * servers that this account is for must not see it. Undefined: it is.
 */
export function foreignToken(
  { user, issuer }: Account,
  token: FreshToken,
): SignInRequiredError | undefined {
  if (token.issuer === undefined || token.issuer === issuer) return undefined
  return new SignInRequiredError(
    `another host has the sign-in of "${user}" at "${token.issuer}", and the account is at "${issuer}" here`,
    {
      hint: `configure "${user}" in the same way on all hosts of the store, or run "cms-oauth login ${user}" where it is right`,
    },
  )
}
