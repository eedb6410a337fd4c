import { readFileSync } from 'node:fs'

/** The daemon's renewer (its only child); undefined while none runs. */
export function findRenewerPid(daemonPid: number): number | undefined {
  const children = readFileSync(`/proc/${daemonPid}/task/${daemonPid}/children`, 'utf8').trim()
  return children === '' ? undefined : Number(children.split(' ')[0])
}
