import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { temporaryBeside } from './durable-file.ts'
import { isDiskTrouble } from './system-error.ts'
import { createExclusively, removeQuietly } from './temporary-file.ts'

/**
 * Proves that files can be made in a directory; also passes where the disk is full or failing, which
 * may end: tokens are served meanwhile. @throws NodeJS.ErrnoException
 */
export function proveWritable(directory: string): void {
  const path = temporaryBeside(join(directory, 'proof'))
  try {
    nodeFs.closeSync(createExclusively(path, nodeFs))
  } catch (error) {
    if (!isDiskTrouble(error)) throw error
  } finally {
    removeQuietly(path, nodeFs)
  }
}
