import { join } from 'node:path'
import { isCmsOauthError, StoreLockedError, StoreUnreadableError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { makeDirectoryOf } from '../files/file-access.ts'
import { type FileLock, lockFile } from '../kernel/file-lock.ts'

/**
 * Makes this the one daemon of the store, until the lock is closed; it is free at once when its holder
 * dies, however it dies.
 * @throws StoreLockedError while another daemon uses the store
 * @throws StoreUnreadableError, InsecureFileModeError where the directory cannot be used
 */
export function takeStore(stateDirectory: string): FileLock {
  const lock = lockStore(stateDirectory)
  if (lock !== undefined) return lock
  throw new StoreLockedError(`another cms-oauthd is using the store "${stateDirectory}"`, {
    hint: 'stop it first, or give this one another $STATE_DIRECTORY; one that is stopping may wait six minutes for a provider',
  })
}

function lockStore(stateDirectory: string): FileLock | undefined {
  try {
    const path = join(stateDirectory, 'daemon.lock')
    makeDirectoryOf({ path, kind: 'storeLock' })
    return lockFile(path)
  } catch (error) {
    if (isCmsOauthError(error)) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new StoreUnreadableError(
      `the store "${stateDirectory}" cannot be opened: ${withErrnoWords(code)}`,
      {
        hint: 'check the directories above it and their modes, or set $STATE_DIRECTORY',
        cause: error,
      },
    )
  }
}
