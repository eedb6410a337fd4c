import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fillDisk } from '../../support/fill-disk.ts'

/** A file system of 128 KiB in memory, which can be filled to the last byte. Needs root. */
export class SmallDisk {
  readonly path: string
  #empty: (() => void) | undefined

  /** Mounts it at a path that is made. */
  constructor(path: string) {
    this.path = path
    mkdirSync(path)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=700', 'cms-oauth-test', path])
  }

  fill(): void {
    this.#empty ??= fillDisk(this.path)
  }

  empty(): void {
    this.#empty?.()
    this.#empty = undefined
  }

  close(): void {
    execFileSync('umount', [this.path])
  }
}
