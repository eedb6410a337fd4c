import { readFileSync } from 'node:fs'

/** The children of a process that runs. */
export function childPids(parent: number): number[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim()
  return children === '' ? [] : children.split(' ').map(Number)
}

/** Those of its children with this in their title or arguments. */
export function childPidsBy(parent: number, name: string): number[] {
  return childPids(parent).filter((pid) => commandLine(pid).includes(name))
}

/** Empty once it is gone, or before it has one: a child may end at any time. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
