import type { Account } from '../../accounts/account.ts'
import { SignInRequiredError } from '../../errors.ts'
import { googleTestingLifetimeMs } from '../../provider-facts/google.ts'
import type { StoredGrant } from '../store/record.ts'

const dayMs = 24 * 60 * 60 * 1_000
const slackMs = 60 * 60 * 1_000

/**
 * The error of a failed refresh. Google ends the sign-ins of an app in "Testing" with the same
 * words as any other; their age tells them: no refresh has worked past the seventh day, and the last
 * that did, or this one, was about then.
 */
export function nameTestingEnd(
  { user, provider }: Account,
  { signedInAt, refreshedAt }: StoredGrant,
  error: unknown,
  now: number,
): unknown {
  if (provider !== 'gmail' || !(error instanceof SignInRequiredError)) return error
  const end = signedInAt + googleTestingLifetimeMs
  const isSoLong = now >= end - slackMs && refreshedAt <= end + slackMs
  const isAboutThen = now <= end + dayMs || refreshedAt >= end - dayMs
  if (error.answer.error !== 'invalid_grant' || !isSoLong || !isAboutThen) return error
  return new SignInRequiredError(
    `Google let the sign-in of "${user}" expire after seven days, as it does while the app is in "Testing"`,
    {
      hint: `publish the app (Google Auth Platform, Audience, "Publish app"), then run "cms-oauth login ${user}"`,
      actor: 'you',
      answer: error.answer,
      cause: error,
    },
  )
}
