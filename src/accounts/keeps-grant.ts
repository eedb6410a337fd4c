import { type Account, needsSignIn, signInOwner } from './account.ts'

/** True where a changed entry goes on with what the account had its tokens by. */
export function keepsGrant(before: Account | undefined, after: Account): boolean {
  return (
    before !== undefined &&
    needsSignIn(before) === needsSignIn(after) &&
    signInOwner(before) === signInOwner(after)
  )
}
