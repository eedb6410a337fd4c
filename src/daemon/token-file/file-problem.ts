import { dirname } from 'node:path'
import { InsecureFileModeError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { absent } from './identity.ts'

/** Why a token file is not as it should be, for whoever can fix it. */
export interface FileProblem {
  message: string
  /** The next step. */
  hint: string
}

/** What a system error means for such a file; undefined for a programmer's mistake. */
export function problemOf(
  path: string,
  error: unknown,
  what = 'token file',
): FileProblem | undefined {
  if (error instanceof InsecureFileModeError) {
    const { message, hint } = error
    return { message: `the ${what} "${path}" is left alone: ${message}`, hint }
  }
  const { errno, code, syscall } = error as NodeJS.ErrnoException
  if (typeof errno !== 'number') return undefined
  const verb = syscall === 'unlink' ? 'removed' : 'written'
  const message = `the ${what} "${path}" cannot be ${verb}: ${withErrnoWords(code)}`
  return { message, hint: hintFor(code, dirname(path)) }
}

/** A file that is no longer the one that was written. */
export function tamperedWith(path: string, identity: string): FileProblem {
  const what = identity === absent ? 'was removed' : 'was replaced or changed'
  return {
    message: `the token file "${path}" ${what} by somebody else`,
    hint: 'run "cms-oauth reload", which writes it again',
  }
}

/** The next step where the system gives no file to another owner or group. */
export const ownershipHint =
  'only root may change the owner of a file: use a group that this user is in (SupplementaryGroups= and SystemCallFilter=@chown under systemd)'

function hintFor(code: string | undefined, directory: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `make the directory "${directory}", and give those who read the file search permission on it`
    case 'EACCES':
      return `give the user that cms-oauthd runs as write permission on "${directory}"`
    case 'EROFS':
      return `under systemd, add "${directory}" to ReadWritePaths= of the service`
    case 'ENOSPC':
    case 'EDQUOT':
      return `free space on the disk of "${directory}"`
    case 'EISDIR':
      return 'there is a directory of that name: remove it, or choose another path'
    case 'EPERM':
      return ownershipHint
    default:
      return `check the disk of "${directory}"`
  }
}
