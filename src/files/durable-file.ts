/**
 * Files that are there whole or not at all, and that a power cut cannot take back: write beside,
 * fsync, rename, fsync the directory. Without the last step one in four was lost when measured.
 */
import { randomBytes } from 'node:crypto'
import * as nodeFs from 'node:fs'
import { dirname, join } from 'node:path'
import { withTemporary, writeAll } from './temporary-file.ts'

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

/** Who writes: each has temporary files of its own, so that nobody clears away those of another. */
export interface Writer {
  /** 16 hexadecimal digits. */
  tag: string
  fs?: FileSystem
}

/** The tag in the name of a writer's temporary file, empty where it has none; undefined for any other. */
export function writerOf(name: string): string | undefined {
  const [, tag = '', random] = /^\.(?:([0-9a-f]{16})-)?([0-9a-f]{16})\.tmp$/.exec(name) ?? []
  return random === undefined ? undefined : tag
}

/** Puts the bytes (mode 0600) in the place of whatever is there. @throws NodeJS.ErrnoException */
export function writeFileDurably(path: string, bytes: Buffer, writer?: Writer): void {
  const { fs = nodeFs } = writer ?? {}
  placeFile(temporaryBeside(path, writer?.tag), path, bytes, fs)
  syncDirectory(dirname(path), fs)
}

/**
 * The same by a temporary file of this name, which nothing has yet, and without the last step: its bytes are
 * on the disk, and its name is after `syncDirectory`. The temporary file may be in another directory of the
 * file system, where a power cut may leave its name beside the one that counts.
 * @throws NodeJS.ErrnoException
 */
export function placeFile(
  temporary: string,
  path: string,
  bytes: Buffer,
  fs: FileSystem = nodeFs,
): void {
  place(temporary, bytes, fs, () => fs.renameSync(temporary, path))
}

/** Only the first half of that: the bytes are on the disk, under the temporary name. @throws NodeJS.ErrnoException */
export function prepareFile(temporary: string, bytes: Buffer, fs: FileSystem = nodeFs): void {
  place(temporary, bytes, fs, () => {})
}

/** Makes the file; leaves one that is there alone. @throws NodeJS.ErrnoException, but for EEXIST */
export function createFileDurably(path: string, bytes: Buffer, fs: FileSystem = nodeFs): void {
  const temporary = temporaryBeside(path)
  place(temporary, bytes, fs, () => {
    try {
      fs.linkSync(temporary, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    fs.unlinkSync(temporary)
  })
  syncDirectory(dirname(path), fs)
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

function place(temporary: string, bytes: Buffer, fs: FileSystem, giveName: () => void): void {
  const fill = (fd: number) => {
    writeAll(fd, bytes, fs)
    fs.fsyncSync(fd)
  }
  withTemporary(temporary, { fill, place: giveName }, fs)
}

/** A name in the same directory that nothing has yet. */
export function temporaryBeside(path: string, tag?: string): string {
  const random = randomBytes(8).toString('hex')
  return join(dirname(path), tag === undefined ? `.${random}.tmp` : `.${tag}-${random}.tmp`)
}

/** Makes the names in a directory survive a power cut. @throws NodeJS.ErrnoException */
export function syncDirectory(directory: string, fs: FileSystem): void {
  const { O_RDONLY, O_DIRECTORY } = nodeFs.constants
  const fd = fs.openSync(directory, O_RDONLY | O_DIRECTORY)
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
