import { lstatSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { InsecureFileModeError } from '../errors.ts'

const writableByOthers = 0o022
const openToOthers = 0o077
const sticky = 0o1000

/**
 * Refuses a path whose directories somebody else could change under it. A directory that all may
 * write is safe only where it is root's and sticky, as /tmp is.
 * @throws InsecureFileModeError
 */
export function requireSafeParents(path: string): void {
  for (let directory = dirname(resolve(path)); ; directory = dirname(directory)) {
    const stats = statSync(directory)
    requireOwner(directory, stats)
    const isShared = (stats.mode & writableByOthers) !== 0
    const isGuarded = (stats.mode & sticky) !== 0 && stats.uid === 0
    if (isShared && !isGuarded) {
      throw new InsecureFileModeError(`others may write the directory "${directory}"`, {
        hint: `run "chmod go-w ${directory}"`,
      })
    }
    if (directory === dirname(directory)) return
  }
}

/** Refuses a file with secrets that is not ours or that others may open. @throws InsecureFileModeError */
export function requirePrivate(path: string, stats: Stats = lstatSync(path)): void {
  requireOwner(path, stats)
  if ((stats.mode & openToOthers) === 0) return
  throw new InsecureFileModeError(`others may open "${path}"`, {
    hint: `run "chmod go= ${path}"; if others may have read it, sign in anew`,
  })
}

function requireOwner(path: string, { uid }: Stats): void {
  if (uid === 0 || uid === process.getuid?.()) return
  throw new InsecureFileModeError(`"${path}" belongs to the user ${uid}`, {
    hint: 'it must belong to root or to the user that cms-oauthd runs as',
  })
}
