import { readFileSync } from 'node:fs'

/** Where the kernel shows processes and cgroups; tests use directories of their own. */
const kernelRoots = { proc: '/proc', cgroup: '/sys/fs/cgroup' }

/**
 * True if the kernel does not let a process run: it was stopped by a signal or a debugger
 * (proc(5)), or its cgroup is frozen. False if that cannot be read.
 */
export function isStopped(pid: number, roots = kernelRoots): boolean {
  const process = `${roots.proc}/${pid}`
  if (/^[Tt]$/.test(stateOf(process))) return true
  return cgroupsOf(process).some((cgroup) => isFrozen(roots.cgroup, cgroup))
}

/** The name before the state may contain anything, even brackets. */
function stateOf(process: string): string {
  const stat = readText(`${process}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).charAt(0)
}

interface Cgroup {
  /** Empty for cgroup v2. */
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
