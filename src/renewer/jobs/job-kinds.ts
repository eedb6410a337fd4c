import { signInOwner } from '../../accounts/account.ts'
import type { JobKind, Jobs, RotatingJobKind } from '../../messages/renewer-jobs.ts'

const rotatingKinds: Record<RotatingJobKind, true> = {
  refresh: true,
  'redeem-code': true,
  'poll-device-code': true,
  import: true,
}

/** True for a job in which a provider may give a refresh token in place of an older one. */
export function mayRotate(kind: JobKind): boolean {
  return kind in rotatingKinds
}

/** Whose record a job is about; undefined for one about the whole store. */
export function userOf(parameters: Jobs[JobKind]['parameters']): string | undefined {
  if ('user' in parameters) return parameters.user
  return 'account' in parameters && parameters.account !== undefined
    ? signInOwner(parameters.account)
    : undefined
}
