import { readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { writerOf } from '../../../files/durable-file.ts'
import { isSystemError } from '../../../files/system-error.ts'
import { lockFile } from '../../../kernel/file-lock.ts'
import { HostLock } from './host-lock.ts'
import { renewerLockPath } from './store-locks.ts'

/**
 * Removes the temporary files of writers that have died: a live one holds the locks of its tag.
 * A file without a tag is one of an older version. What cannot be removed now is left for the next time.
 */
export function clearAway(stateDirectory: string, directory: string): void {
  const abandoned = new Map<string, string[]>()
  for (const name of readdirSync(directory)) {
    const tag = writerOf(name)
    if (tag !== undefined) abandoned.set(tag, [...(abandoned.get(tag) ?? []), name])
  }
  for (const [tag, names] of abandoned) {
    try {
      clearTag(
        stateDirectory,
        tag,
        names.map((name) => join(directory, name)),
      )
    } catch (error) {
      if (!isSystemError(error)) throw error
    }
  }
}

function clearTag(stateDirectory: string, tag: string, paths: string[]): void {
  const lock = tag === '' ? undefined : lockFile(renewerLockPath(stateDirectory, tag))
  if (tag !== '' && (lock === undefined || !new HostLock(stateDirectory, tag).isFree())) {
    lock?.close()
    return
  }
  try {
    for (const path of paths) unlinkSync(path)
  } finally {
    lock?.close()
  }
}
