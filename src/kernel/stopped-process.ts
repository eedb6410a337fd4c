import { readFileSync } from 'node:fs'

/**
 * True where the kernel lets a process do nothing: it was stopped by a signal or a debugger (proc(5)),
 * or its cgroup is frozen. What cannot be read says nothing.
 */
export function isStopped(pid: number): boolean {
  return /^[Tt]$/.test(stateOf(pid)) || cgroupsOf(pid).some(isFrozen)
}

/** The name before it may hold anything, also brackets. */
function stateOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).charAt(0)
}

interface Cgroup {
  /** Empty for the one of cgroup v2. */
  controllers: string
  path: string
}

function cgroupsOf(pid: number): Cgroup[] {
  return readText(`/proc/${pid}/cgroup`)
    .split('\n')
    .flatMap((line) => {
      const [, controllers = '', path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
      return path === undefined ? [] : [{ controllers, path }]
    })
}

function isFrozen({ controllers, path }: Cgroup): boolean {
  if (controllers === '') return /^frozen 1$/m.test(readText(`/sys/fs/cgroup${path}/cgroup.events`))
  if (!controllers.split(',').includes('freezer')) return false
  return /^FR(?:OZEN|EEZING)$/m.test(readText(`/sys/fs/cgroup/freezer${path}/freezer.state`))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
