import type { JobKind } from '../messages/renewer-jobs.ts'

/** Those in which a provider may give a refresh token in place of an older one. */
const rotatingKinds: ReadonlySet<JobKind> = new Set<JobKind>([
  'refresh',
  'redeem-code',
  'poll-device-code',
  'import',
])

/**
 * True for a job after which, where its answer is lost, nobody knows whether the older refresh token still works:
 * the renewer says so of a job of its own, and the daemon of those of a renewer that has died.
 */
export function mayRotate(kind: JobKind): boolean {
  return rotatingKinds.has(kind)
}
