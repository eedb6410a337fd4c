/** The directory of a socket that is opened again: others, who may have been let in, are to find it as it was. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { makeSafeDirectory } from '../../files/safe-directory.ts'

/** Whose it is, and who may do what there. */
export type DirectoryAccess = Pick<Stats, 'mode' | 'uid' | 'gid'>

const permissions = 0o7777

/** That of the directory that a file is in. @throws NodeJS.ErrnoException */
export function directoryAccessOf(path: string): DirectoryAccess {
  const { mode, uid, gid } = statSync(dirname(path))
  return { mode, uid, gid }
}

/** Makes the directory of a file as it was, where it is gone; missing ones above it with the same mode. @throws InsecureFileModeError, NodeJS.ErrnoException */
export function makeDirectoryAgain(path: string, before: DirectoryAccess): void {
  const directory = dirname(path)
  const mode = before.mode & permissions
  if (!makeSafeDirectory(directory, mode)) return
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
  const fd = openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  try {
    const { uid, gid } = fstatSync(fd)
    if (uid !== before.uid || gid !== before.gid) fchownSync(fd, before.uid, before.gid)
    // Whatever the umask is, and after its owner, who changes it.
    fchmodSync(fd, mode)
  } finally {
    closeSync(fd)
  }
}
