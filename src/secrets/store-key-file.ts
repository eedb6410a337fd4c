import { StoreUnreadableError } from '../errors.ts'
import type { ReadableFile } from '../files/read-file.ts'

/** The file that holds the key which seals every record. */
export function storeKeyFile(path: string): ReadableFile {
  return {
    path,
    what: "store's key",
    kind: 'storeKey',
    unreadable: StoreUnreadableError,
    hint: 'check the disk, and the directories above it',
  }
}
