import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const memory = '/dev/shm'

/** A directory that is gone when the test ends. */
export function temporaryDirectory(t: TestContext, place = tmpdir()): string {
  const directory = mkdtempSync(join(place, 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** The same on a disk in memory, where there is one: for what is written often, and need not last. */
export function directoryInMemory(t: TestContext): string {
  try {
    accessSync(memory, constants.W_OK)
  } catch {
    return temporaryDirectory(t)
  }
  return temporaryDirectory(t, memory)
}
