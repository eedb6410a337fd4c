import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isCmsOauthError, StoreUnreadableError } from '../../errors.ts'
import { keyIdOf } from './envelope.ts'
import { isRecordName, readSealed } from './file-engine/record-file.ts'
import type { MasterKey } from './master-key.ts'

/** The paths of the sealed records in a directory. @throws NodeJS.ErrnoException */
export function recordsIn(directory: string): string[] {
  return readdirSync(directory)
    .filter(isRecordName)
    .map((name) => join(directory, name))
}

/**
 * Tells a wrong key from a damaged record: no record at all names the key then.
 * @throws StoreUnreadableError
 */
export function requireKeyOf(records: readonly string[], key: MasterKey): void {
  let isForeign = false
  for (const path of records) {
    const keyId = legibleKeyId(path)
    if (keyId === key.id) return
    isForeign ||= keyId !== undefined
  }
  if (!isForeign) return
  throw new StoreUnreadableError('the records of the store are sealed with another key', {
    hint: 'restore the key that they were sealed with; nothing was changed',
  })
}

function legibleKeyId(path: string): string | undefined {
  try {
    return keyIdOf(readSealed(path) ?? Buffer.of())
  } catch (error) {
    // One file that cannot be read must not cost the other accounts; its own job names it.
    if (isCmsOauthError(error)) return undefined
    throw error
  }
}
