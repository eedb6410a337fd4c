/** Where a host keeps what it has for an engine that does not take it: a directory that outlives a reboot. */
import { randomBytes } from 'node:crypto'
import { readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { writerOf } from '../../files/durable-file.ts'
import { makeDirectoryOf } from '../../files/file-access.ts'
import { explain, isSystemError } from '../../files/system-error.ts'
import { Aside } from './aside.ts'

/** The kernel's own limit (proc(5)). */
const largestPid = 2 ** 22
/** Of this process: its number, and what tells it from an earlier one of the same number. */
const ownTag = `${process.pid.toString(16).padStart(8, '0')}${randomBytes(4).toString('hex')}`

/**
 * Makes the directory around it where it is missing, and clears away what processes that were killed have
 * left there half written. @throws StoreUnreadableError, InsecureFileModeError
 */
export function openEscrow(stateDirectory: string): Aside {
  const directory = join(stateDirectory, 'escrow')
  try {
    makeDirectoryOf({ path: directory, kind: 'storeLock' })
    const escrow = new Aside(directory, () => ownTag)
    if (escrow.directory !== undefined) clearAbandoned(escrow.directory)
    return escrow
  } catch (error) {
    throw explain(stateDirectory, error)
  }
}

/**
 * No lock tells who lives, since processes of the same issuer need not wait for each other here. One that has
 * the number of a dead one by now keeps its files there until the next start.
 */
function clearAbandoned(directory: string): void {
  for (const name of readdirSync(directory)) {
    const tag = writerOf(name)
    if (tag === undefined || isAlive(tag)) continue
    try {
      unlinkSync(join(directory, name))
    } catch (error) {
      // Another process clears away, too, or the disk does not let it: the next start tries again.
      if (!isSystemError(error)) throw error
    }
  }
}

function isAlive(tag: string): boolean {
  const pid = Number.parseInt(tag.slice(0, 8), 16)
  if (pid === process.pid) return tag === ownTag
  // Others name no process but a group of them (kill(2)), or come from an earlier version.
  if (!(pid > 0 && pid <= largestPid)) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
