import { readFileSync } from 'node:fs'

/** Where the kernel shows its processes and cgroups; a test puts its own in their place. */
const kernelRoots = { proc: '/proc', cgroup: '/sys/fs/cgroup' }

/**
 * True where the kernel lets a process do nothing: it was stopped by a signal or a debugger (proc(5)),
 * or its cgroup is frozen. What cannot be read says nothing.
 */
export function isStopped(pid: number, roots = kernelRoots): boolean {
  const process = `${roots.proc}/${pid}`
  if (/^[Tt]$/.test(stateOf(process))) return true
  return cgroupsOf(process).some((cgroup) => isFrozen(roots.cgroup, cgroup))
}

/** The name before it may hold anything, also brackets. */
function stateOf(process: string): string {
  const stat = readText(`${process}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).charAt(0)
}

interface Cgroup {
  /** Empty for the one of cgroup v2. */
  controllers: string
  path: string
}

function cgroupsOf(process: string): Cgroup[] {
  return readText(`${process}/cgroup`)
    .split('\n')
    .flatMap((line) => {
      const [, controllers = '', path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
      return path === undefined ? [] : [{ controllers, path }]
    })
}

function isFrozen(root: string, { controllers, path }: Cgroup): boolean {
  if (controllers === '') return /^frozen 1$/m.test(readText(`${root}${path}/cgroup.events`))
  if (!controllers.split(',').includes('freezer')) return false
  return /^FR(?:OZEN|EEZING)$/m.test(readText(`${root}/freezer${path}/freezer.state`))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
