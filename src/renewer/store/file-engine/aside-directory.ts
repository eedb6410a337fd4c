import { join } from 'node:path'
import { requirePrivateDirectory } from '../../../files/safe-directory.ts'
import { tagOf } from '../tag.ts'

/**
 * Where a store puts what the disk refuses: a place of its own for each, since two of them may have
 * accounts of the same name. Undefined where there is no runtime directory.
 */
export function asideOf({
  stateDirectory,
  runtimeDirectory,
}: {
  stateDirectory: string
  runtimeDirectory?: string
}): string | undefined {
  return runtimeDirectory && join(runtimeDirectory, `store-${tagOf(stateDirectory)}`)
}

/** True where it is there and closed to others: what is in it is ours. */
export function isUsable(asideDirectory: string | undefined): asideDirectory is string {
  if (asideDirectory === undefined) return false
  try {
    requirePrivateDirectory(asideDirectory)
    return true
  } catch {
    return false
  }
}
