/** Says what is closed to the daemon and its children, who inherit all but what they close to themselves. */
import { readFileSync } from 'node:fs'
import { renewerConfinement } from '../../child-process/confinements.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import { confinementSubject, type Finding, ok } from '../../configuration/finding.ts'
import { areOthersHidden } from '../../kernel/hidden-processes.ts'
import { landlockVersion } from '../../kernel/landlock.ts'

/** What the kernel holds for this process, as for the daemon that started it. */
export interface KernelConfinement {
  hasLandlock: boolean
  /** Of system calls. */
  hasFilter: boolean
  hidesProcesses: boolean
}

/** As it is now. */
export function readConfinement(): KernelConfinement {
  return {
    hasLandlock: landlockVersion() > 0,
    // proc_pid_status(5): 2 is a filter.
    hasFilter: /^Seccomp:\s*2$/m.test(readFileSync('/proc/self/status', 'latin1')),
    hidesProcesses: areOthersHidden(),
  }
}

/** None is a fault: they are told so that nobody believes in more than there is. */
export function confinementFindings(
  configuration: Configuration,
  env: NodeJS.ProcessEnv,
  { hasLandlock, hasFilter, hidesProcesses }: KernelConfinement,
): Finding[] {
  const texts = [
    hasLandlock ? openedFiles(configuration, env) : withoutLandlock,
    hasFilter
      ? 'system calls are filtered'
      : 'system calls are not filtered: the system unit does that',
    ...(hidesProcesses ? [hiddenPrograms] : []),
  ]
  return texts.map((text) => ok(confinementSubject, text))
}

const withoutLandlock =
  'bridge, outbox, sender and renewer may open what their user may: the kernel has no Landlock (Linux 5.19), or the unit does not allow it'
const hiddenPrograms =
  'the log line of a token has uid, gid and pid, not the program: other users’ processes are hidden; ProtectProc=default in the unit shows them'

function openedFiles(configuration: Configuration, env: NodeJS.ProcessEnv): string {
  const places = { runtimeDirectory: configuration.store.stateDirectory, env }
  return renewerConfinement(configuration, places) === undefined
    ? 'bridge, outbox and sender open only the files that they need; the renewer, which runs a command for a secret, what its user may'
    : 'bridge, outbox, sender and renewer open only the files that they need'
}
