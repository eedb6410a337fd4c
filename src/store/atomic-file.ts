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
  | 'openSync'
  | 'writeSync'
  | 'ftruncateSync'
  | 'fsyncSync'
  | 'closeSync'
  | 'renameSync'
  | 'linkSync'
  | 'unlinkSync'
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

/**
 * Room on the disk for a file whose bytes are not known yet: a disk that is full says so here, and
 * not when the bytes exist nowhere else.
 */
export class ReservedFile {
  readonly #path: string
  readonly #temporary: string
  readonly #fs: FileSystem
  #fd: number | undefined

  /** Allocates `size` bytes beside the path. @throws NodeJS.ErrnoException; nothing is left then */
  constructor(path: string, size: number, fs: FileSystem = nodeFs) {
    this.#path = path
    this.#temporary = temporaryBeside(path)
    this.#fs = fs
    try {
      this.#fd = createExclusively(this.#temporary, fs)
      // Zeros would take no room on a disk that compresses.
      writeAll(this.#fd, randomBytes(size), fs)
      fs.fsyncSync(this.#fd)
    } catch (error) {
      this.release()
      throw error
    }
  }

  /**
   * Puts the bytes durably in the place of whatever is there; the room is used up then, or given
   * back where that fails. @throws NodeJS.ErrnoException
   */
  write(bytes: Buffer): void {
    try {
      this.#fill(bytes)
      this.#fs.renameSync(this.#temporary, this.#path)
    } catch (error) {
      this.release()
      removeQuietly(this.#temporary, this.#fs)
      throw error
    }
    syncDirectory(dirname(this.#path), this.#fs)
  }

  /** Gives the room back; does nothing once it was used. */
  release(): void {
    const fd = this.#fd
    if (fd === undefined) return
    this.#fd = undefined
    try {
      this.#fs.closeSync(fd)
    } catch {
      // What was in it is not wanted.
    }
    removeQuietly(this.#temporary, this.#fs)
  }

  #fill(bytes: Buffer): void {
    const fd = this.#fd
    if (fd === undefined) throw new Error('the reserved file was used already')
    writeAll(fd, bytes, this.#fs)
    this.#fs.ftruncateSync(fd, bytes.length)
    this.#fs.fsyncSync(fd)
    this.#fd = undefined
    this.#fs.closeSync(fd)
  }
}

function withTemporary(
  path: string,
  bytes: Buffer,
  fs: FileSystem,
  place: (temporary: string) => void,
): void {
  const temporary = temporaryBeside(path)
  try {
    writeNew(temporary, bytes, fs)
    place(temporary)
  } catch (error) {
    removeQuietly(temporary, fs)
    throw error
  }
  syncDirectory(dirname(path), fs)
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `.${randomBytes(8).toString('hex')}.tmp`)
}

function writeNew(path: string, bytes: Buffer, fs: FileSystem): void {
  const fd = createExclusively(path, fs)
  try {
    writeAll(fd, bytes, fs)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

function createExclusively(path: string, fs: FileSystem): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = nodeFs.constants
  return fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
}

/** A disk that fills up writes less than it was given, without an error. */
function writeAll(fd: number, bytes: Buffer, fs: FileSystem): void {
  for (let offset = 0; offset < bytes.length;) {
    offset += fs.writeSync(fd, bytes, offset, bytes.length - offset, offset)
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
