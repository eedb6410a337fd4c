import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A file system of 128 KiB in memory, which can be filled to the last byte. Needs root. */
export class SmallDisk {
  readonly path: string
  #filler: string | undefined

  /** Mounts it at a path that is made. */
  constructor(path: string) {
    this.path = path
    mkdirSync(path)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=700', 'cms-oauth-test', path])
  }

  fill(): void {
    if (this.#filler !== undefined) return
    this.#filler = join(this.path, 'filler')
    const fd = openSync(this.#filler, 'w')
    try {
      for (;;) writeSync(fd, Buffer.alloc(512))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
    } finally {
      closeSync(fd)
    }
  }

  empty(): void {
    if (this.#filler !== undefined) rmSync(this.#filler)
    this.#filler = undefined
  }

  close(): void {
    execFileSync('umount', [this.path])
  }
}
