/** Files that are made under a private name first, and are gone again where that fails. */
import { constants } from 'node:fs'
import type * as nodeFs from 'node:fs'

type FileSystem = Pick<typeof nodeFs, 'openSync' | 'writeSync' | 'closeSync' | 'unlinkSync'>

interface Making {
  /** Writes what is to be in it, and gives it its rights. */
  fill: (fd: number) => void
  /** Gives the closed file its place. */
  place: () => void
}

/**
 * Makes the file (mode 0600), fills it, closes it and has it placed; one of which that fails is
 * removed. @throws NodeJS.ErrnoException
 */
export function withTemporary(temporary: string, { fill, place }: Making, fs: FileSystem): void {
  const fd = createExclusively(temporary, fs)
  try {
    try {
      fill(fd)
    } finally {
      fs.closeSync(fd)
    }
    place()
  } catch (error) {
    removeQuietly(temporary, fs)
    throw error
  }
}

/** Makes a file (mode 0600) and opens it to be written. @throws NodeJS.ErrnoException */
export function createExclusively(path: string, fs: Pick<FileSystem, 'openSync'>): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  return fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
}

/**
 * Writes the bytes from the beginning of the file on. A disk that fills up writes less than it was given,
 * without an error. @throws NodeJS.ErrnoException
 */
export function writeAll(fd: number, bytes: Buffer, fs: Pick<FileSystem, 'writeSync'>): void {
  for (let offset = 0; offset < bytes.length;) {
    offset += fs.writeSync(fd, bytes, offset, bytes.length - offset, offset)
  }
}

/** Removes a file that may not be there, or not let itself be removed. */
export function removeQuietly(path: string, fs: Pick<FileSystem, 'unlinkSync'>): void {
  try {
    fs.unlinkSync(path)
  } catch {
    // It was never made, or the disk is gone: the error that led here says more.
  }
}
