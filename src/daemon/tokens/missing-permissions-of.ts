import {
  findMissingPermissions,
  type MissingPermissions,
} from '../../accounts/missing-permissions.ts'
import type { AccountToken } from './account-token.ts'

/** What the newest answer left out of what the account asks for; undefined: nothing, or not known yet. */
export function missingPermissionsOf(token: AccountToken): MissingPermissions | undefined {
  const { state, history, account } = token
  const { newest } = history
  // While a reload's new scopes are being asked for, the answer to the old ones says nothing of them.
  if (state.name !== 'active' || newest === undefined) return undefined
  return findMissingPermissions(account, newest.scopes)
}
