/**
 * Files that another program opens at any moment: whole or not there, and never open to anybody but
 * those it is for. Written beside under a private name, given owner and mode by the descriptor, then
 * renamed, which replaces a symbolic link instead of following it. Nothing is written or removed in a
 * directory that another user could put another in the place of (InsecureFileModeError).
 *
 * Nothing is synced to the disk: after a power cut the daemon starts again and writes a new token,
 * and one that never reached the platter is one that nobody finds there.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fchownSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { keepId, type Ownership } from '../kernel/ownership.ts'
import { requireDirectoryOf } from './file-access.ts'
import type { FileKind } from './file-rules.ts'
import { withTemporary, writeAll } from './temporary-file.ts'

const systemFiles = {
  openSync,
  fchownSync,
  fchmodSync,
  writeSync,
  closeSync,
  renameSync,
  unlinkSync,
  readdirSync,
}

/** The system calls it is made of; a test puts faults in their place. */
export type FileSystem = typeof systemFiles

/** Who may open a file. */
export interface Rights {
  mode: number
  /** Undefined: the process's own, as for any file that it makes. */
  ownership: Ownership | undefined
  /** What it is for; a token file unless another is named. */
  kind?: ReplacedKind
}

type ReplacedKind = Extract<FileKind, 'tokenFile' | 'metricsFile'>

/** Puts the text in the place of whatever is there, whatever the umask. @throws NodeJS.ErrnoException */
export function replaceFile(
  path: string,
  text: string,
  rights: Rights,
  fs: FileSystem = systemFiles,
): void {
  const place = (temporary: string) => fs.renameSync(temporary, path)
  placeWithRights(path, Buffer.from(text), rights, { fs, place })
}

/** Does all but the renaming, with an empty file. @throws NodeJS.ErrnoException as replaceFile would */
export function proveReplaceable(path: string, rights: Rights, fs: FileSystem = systemFiles): void {
  const place = (temporary: string) => fs.unlinkSync(temporary)
  placeWithRights(path, Buffer.alloc(0), rights, { fs, place })
}

/** Removes the file; false where there was none. @throws NodeJS.ErrnoException */
export function removeFile(
  path: string,
  fs: FileSystem = systemFiles,
  kind: ReplacedKind = 'tokenFile',
): boolean {
  try {
    requireDirectoryOf({ path, kind })
    fs.unlinkSync(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** Removes what a writer of this very file left behind when it died. @throws NodeJS.ErrnoException */
export function removeLeftovers(
  path: string,
  fs: FileSystem = systemFiles,
  kind: ReplacedKind = 'tokenFile',
): void {
  const directory = dirname(path)
  requireDirectoryOf({ path, kind })
  const start = temporaryStart(path)
  for (const name of fs.readdirSync(directory)) {
    if (name.startsWith(start) && name.endsWith('.tmp')) removeFile(join(directory, name), fs, kind)
  }
}

function placeWithRights(
  path: string,
  bytes: Buffer,
  { mode, ownership, kind = 'tokenFile' }: Rights,
  { fs, place }: { fs: FileSystem; place: (temporary: string) => void },
): void {
  requireDirectoryOf({ path, kind })
  const name = `${temporaryStart(path)}${randomBytes(8).toString('hex')}.tmp`
  const temporary = join(dirname(path), name)
  const fill = (fd: number) => {
    // Nobody has a descriptor of the file yet who may not have one afterwards: the group comes before
    // its permission, and the owner, who alone may set a mode, at the end.
    if (ownership !== undefined) fs.fchownSync(fd, keepId, ownership.gid)
    fs.fchmodSync(fd, mode)
    if (ownership !== undefined) fs.fchownSync(fd, ownership.uid, keepId)
    writeAll(fd, bytes, fs)
  }
  withTemporary(temporary, { fill, place: () => place(temporary) }, fs)
}

/** A name that tells whose it is and is short enough beside any other. */
function temporaryStart(path: string): string {
  return `.${createHash('sha256').update(basename(path)).digest('hex').slice(0, 16)}.`
}
