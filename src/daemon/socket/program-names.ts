import { readFileSync } from 'node:fs'

/**
 * The names of programs by process id (/proc/PID/comm), for the audit. A process that asks again
 * before `forget` is not looked up again: opening a file costs as much as a whole request.
 */
export class ProgramNames {
  readonly #names = new Map<number, string>()

  /** Empty for a process that is gone or hidden. */
  of(pid: number): string {
    const known = this.#names.get(pid)
    if (known !== undefined) return known
    const name = readName(pid)
    this.#names.set(pid, name)
    return name
  }

  /** Process ids are reused and programs are replaced: to be called every second or so. */
  forget(): void {
    this.#names.clear()
  }
}

function readName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()
  } catch {
    return ''
  }
}
