import { randomBytes } from 'node:crypto'
import * as nodeFs from 'node:fs'
import { dirname } from 'node:path'
import {
  type FileSystem,
  syncDirectory,
  temporaryBeside,
  type Writer,
} from '../../files/durable-file.ts'
import { createExclusively, removeQuietly, writeAll } from '../../files/temporary-file.ts'

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
  constructor(path: string, size: number, { tag, fs = nodeFs }: Writer) {
    this.#path = path
    this.#temporary = temporaryBeside(path, tag)
    this.#fs = fs
    try {
      this.#fd = createExclusively(this.#temporary, fs)
      // Zeros would need no room on a disk that compresses.
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
