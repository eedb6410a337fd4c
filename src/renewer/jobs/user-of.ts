import { signInOwner } from '../../accounts/account.ts'
import type { JobKind, Jobs } from '../../messages/renewer-jobs.ts'

/** Whose record a job is about; undefined for one about the whole store. */
export function userOf(parameters: Jobs[JobKind]['parameters']): string | undefined {
  if ('user' in parameters) return parameters.user
  return 'account' in parameters && parameters.account !== undefined
    ? signInOwner(parameters.account)
    : undefined
}
