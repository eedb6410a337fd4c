/** What a store that hosts share lacks after it was restored from an older backup. */
import type { Account } from '../../accounts/account.ts'
import { SignInRequiredError } from '../../errors.ts'
import type { GrantStage } from '../../messages/renewer-jobs.ts'

/**
 * True where a token here was got by a later grant of the same sign-in than this one. The refresh token has
 * been used since then: presented again, it would end the sign-in at a strict provider, and with it the token
 * that still serves. A lenient one takes it. A later sign-in counts its grants from the beginning.
 */
export function isOutdated(
  { rotation }: Pick<Account, 'rotation'>,
  { signedInAt, number }: GrantStage,
  newest: GrantStage | undefined,
): boolean {
  if (newest === undefined || rotation !== 'strict') return false
  return signedInAt === newest.signedInAt && number < newest.number
}

/** The error of a sign-in of which the store has only an earlier grant. */
export function outdatedSignIn(owner: string): SignInRequiredError {
  return new SignInRequiredError(
    `the store was restored from an older backup: the refresh token of "${owner}" in it has been used since then, and is not used again`,
    { hint: `run "cms-oauth login ${owner}"` },
  )
}

/** The error of a sign-in that the store does not have; `newest`: a token of one is here. */
export function missingSignIn(owner: string, newest: GrantStage | undefined): SignInRequiredError {
  const message =
    newest === undefined
      ? `nobody has signed in for "${owner}" yet`
      : `the sign-in of "${owner}" is no longer in the store: it was restored from an older backup, or somebody has signed out`
  return new SignInRequiredError(message, { hint: `run "cms-oauth login ${owner}"` })
}
