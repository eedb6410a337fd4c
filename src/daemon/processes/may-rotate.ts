import type { JobKind, RotatingJobKind } from '../../messages/renewer-jobs.ts'

const rotatingKinds: Record<RotatingJobKind, true> = {
  refresh: true,
  'redeem-code': true,
  'poll-device-code': true,
  import: true,
}

/** True for a job in which a provider may rotate the refresh token, heard or unheard. */
export function mayRotate(kind: JobKind): boolean {
  return kind in rotatingKinds
}
