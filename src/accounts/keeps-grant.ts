import { type Account, needsSignIn, signInOwner } from './account.ts'

/** True if an account whose entry has changed can keep the grant that it had. */
export function keepsGrant(before: Account | undefined, after: Account): boolean {
  return (
    before !== undefined &&
    needsSignIn(before) === needsSignIn(after) &&
    signInOwner(before) === signInOwner(after)
  )
}
