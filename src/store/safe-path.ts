import { realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { requireOwner } from '../config/require-owner.ts'
import { InsecureFileModeError } from '../errors.ts'

const writableByGroup = 0o020
const writableByAll = 0o002
const openToOthers = 0o077
const sticky = 0o1000

/**
 * Refuses a directory that others may write, or could put another in the place of: each one above
 * it must be root's or ours and closed to all, or root's and sticky as /tmp is.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function requireSafeDirectory(path: string): void {
  const real = realpathSync(path)
  requireClosed(real, writableByGroup | writableByAll)
  for (let above = dirname(real); ; above = dirname(above)) {
    requireClosed(above, writableByAll)
    if (above === dirname(above)) return
  }
}

/** Refuses a file with secrets that is not ours or that others may open. @throws InsecureFileModeError */
export function requirePrivateFile(path: string, stats: Stats): void {
  requireOwner(`"${path}"`, stats.uid)
  if ((stats.mode & openToOthers) === 0) return
  throw new InsecureFileModeError(`others may open "${path}"`, {
    hint: `run "chmod go= ${path}"; if others may have read it, sign in anew`,
  })
}

function requireClosed(directory: string, bits: number): void {
  const stats = statSync(directory)
  requireOwner(`"${directory}"`, stats.uid)
  const isGuarded = (stats.mode & sticky) !== 0 && stats.uid === 0
  if ((stats.mode & bits) === 0 || isGuarded) return
  throw new InsecureFileModeError(`others may write the directory "${directory}"`, {
    hint: `run "chmod go-w ${directory}"`,
  })
}
