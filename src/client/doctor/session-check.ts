import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, ok } from '../../configuration/finding.ts'
import type { Diagnostics } from '../../messages/diagnostics.ts'
import { userName } from './name-service.ts'

/** A file for each user whose programs run without a session (loginctl(1), enable-linger). */
const lingering = '/var/lib/systemd/linger'

/** Whether the daemon runs while its user is logged out, where that is the question. */
export async function checkSession({ pid, uid }: Diagnostics): Promise<Finding[]> {
  if (!isInSession(controlGroupsOf(pid))) return []
  return [sessionFinding(existsSync(join(lingering, await userName(uid))))]
}

/** True for the control groups (cgroups(7)) of what a user's own systemd runs. */
export function isInSession(controlGroups: string): boolean {
  return /\/user@\d{1,10}\.service\//.test(controlGroups.slice(0, 4_096))
}

/** Said even where all is well: jobs of the night fail while nobody is there to ask. */
export function sessionFinding(isLingering: boolean): Finding {
  const text = isLingering
    ? 'cms-oauthd runs whether you are logged in or not'
    : 'cms-oauthd stops with your last session; "loginctl enable-linger" keeps it running, for cron jobs and servers'
  return ok('session', text)
}

/** Empty where they cannot be seen: processes are hidden, or the daemon is in a container. */
function controlGroupsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'latin1')
  } catch {
    return ''
  }
}
