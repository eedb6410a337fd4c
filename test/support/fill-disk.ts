import assert from 'node:assert/strict'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Fills the file system that a directory is on to its last byte; returns how to empty it. */
export function fillDisk(directory: string): () => void {
  const path = join(directory, 'filler')
  const fd = openSync(path, 'w')
  try {
    for (;;) writeSync(fd, Buffer.alloc(512))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  } finally {
    closeSync(fd)
  }
  return () => rmSync(path)
}
