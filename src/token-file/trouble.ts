import { dirname } from 'node:path'
import { InsecureFileModeError } from '../errors.ts'

/** Why a token file is not as it should be, for whoever can mend it. */
export interface Trouble {
  message: string
  /** The next step. */
  hint: string
}

/** What a system error means for a token file; undefined for a programmer's mistake. */
export function troubleOf(path: string, error: unknown): Trouble | undefined {
  if (error instanceof InsecureFileModeError) {
    const { message, hint } = error
    return { message: `the token file "${path}" is left alone: ${message}`, hint }
  }
  const { errno, code, syscall } = error as NodeJS.ErrnoException
  if (typeof errno !== 'number') return undefined
  const verb = syscall === 'unlink' ? 'removed' : 'written'
  const message = `the token file "${path}" cannot be ${verb}: ${code}`
  return { message, hint: hintFor(code, dirname(path)) }
}

/** The next step where the system gives no file to another owner or group. */
export const ownershipHint =
  'only root may give a file away: use a group that this user is in (SupplementaryGroups= under systemd)'

function hintFor(code: string | undefined, directory: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `make the directory "${directory}", and let those who read the file enter it`
    case 'EACCES':
      return `let the user that cms-oauthd runs as write the directory "${directory}"`
    case 'EROFS':
      return `under systemd, add "${directory}" to ReadWritePaths= of the service`
    case 'ENOSPC':
    case 'EDQUOT':
      return `free space on the disk of "${directory}"`
    case 'EISDIR':
      return 'a directory has that name: remove it, or choose another path'
    case 'EPERM':
      return ownershipHint
    default:
      return `look at the disk of "${directory}"`
  }
}
