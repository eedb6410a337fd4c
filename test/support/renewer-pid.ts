import { childPids } from './child-pids.ts'

/** The daemon's renewer (its only child); undefined while none runs. */
export function findRenewerPid(daemonPid: number): number | undefined {
  return childPids(daemonPid)[0]
}
