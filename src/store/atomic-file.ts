/**
 * Files that are there whole or not at all, and that a power cut cannot take back: write beside,
 * fsync, rename, fsync the directory. Without the last step one in four was lost when measured.
 */
import { randomBytes } from 'node:crypto'
import * as nodeFs from 'node:fs'
import { dirname, join } from 'node:path'

/** The system calls it is made of; a test puts faults in their place. */
export type FileSystem = Pick<
  typeof nodeFs,
  'openSync' | 'writeSync' | 'fsyncSync' | 'closeSync' | 'renameSync' | 'linkSync' | 'unlinkSync'
>

/** True for the name of a file that a writer left behind when it died. */
export function isTemporary(name: string): boolean {
  return /^\.[0-9a-f]{16}\.tmp$/.test(name)
}

/** Puts the bytes (mode 0600) in the place of whatever is there. @throws NodeJS.ErrnoException */
export function writeFileDurably(path: string, bytes: Buffer, fs: FileSystem = nodeFs): void {
  withTemporary(path, bytes, fs, (temporary) => fs.renameSync(temporary, path))
}

/** Makes the file; leaves one that is there alone. @throws NodeJS.ErrnoException, but for EEXIST */
export function createFileDurably(path: string, bytes: Buffer, fs: FileSystem = nodeFs): void {
  withTemporary(path, bytes, fs, (temporary) => {
    try {
      fs.linkSync(temporary, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    fs.unlinkSync(temporary)
  })
}

/** Removes the file for good; false where there was none. @throws NodeJS.ErrnoException */
export function removeFileDurably(path: string, fs: FileSystem = nodeFs): boolean {
  try {
    fs.unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  syncDirectory(dirname(path), fs)
  return true
}

function withTemporary(
  path: string,
  bytes: Buffer,
  fs: FileSystem,
  place: (temporary: string) => void,
): void {
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.tmp`)
  try {
    writeAll(temporary, bytes, fs)
    place(temporary)
  } catch (error) {
    removeQuietly(temporary, fs)
    throw error
  }
  syncDirectory(dirname(path), fs)
}

function writeAll(path: string, bytes: Buffer, fs: FileSystem): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = nodeFs.constants
  const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    // A disk that fills up writes less than it was given, without an error.
    for (let offset = 0; offset < bytes.length;) {
      offset += fs.writeSync(fd, bytes, offset, bytes.length - offset)
    }
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

function syncDirectory(directory: string, fs: FileSystem): void {
  const { O_RDONLY, O_DIRECTORY } = nodeFs.constants
  const fd = fs.openSync(directory, O_RDONLY | O_DIRECTORY)
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

function removeQuietly(path: string, fs: FileSystem): void {
  try {
    fs.unlinkSync(path)
  } catch {
    // It was never made, or the disk is gone: the error that led here says more.
  }
}
