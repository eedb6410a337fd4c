import { readdirSync } from 'node:fs'
import { StoreLockedError } from '../../../errors.ts'
import { type FileLock, lockFile } from '../../../kernel/file-lock.ts'
import { tagOf } from '../tag.ts'
import { HostLock } from './host-lock.ts'
import { renewerLockPath } from './store-locks.ts'

/**
 * Keeps the renewers of every issuer off a store in files, of this host and of others, until what comes
 * back is called: a renewer outlives a daemon that was killed. Nobody is waited for.
 * @throws StoreLockedError while one works, StoreUnreadableError
 */
export async function lockAll(stateDirectory: string): Promise<() => Promise<void>> {
  const renewerLocks: FileLock[] = []
  const hostLocks: HostLock[] = []
  const release = async () => {
    for (const hostLock of hostLocks) await hostLock.close()
    for (const renewerLock of renewerLocks) renewerLock.close()
  }
  try {
    for (const tag of tagsIn(stateDirectory)) {
      renewerLocks.push(lockOne(stateDirectory, tag))
      const hostLock = new HostLock(stateDirectory, tag)
      hostLocks.push(hostLock)
      await hostLock.hold()
    }
    return release
  } catch (error) {
    await release()
    throw error
  }
}

/** Of all who ever worked here, and of this process. */
function tagsIn(stateDirectory: string): Set<string> {
  const tags = readdirSync(stateDirectory).flatMap((name) => {
    const [, tag] = /^(?:renewer|host)-([0-9a-f]{16})\.lock$/.exec(name.slice(0, 64)) ?? []
    return tag ?? []
  })
  return new Set([...tags, tagOf('')])
}

function lockOne(stateDirectory: string, tag: string): FileLock {
  const lock = lockFile(renewerLockPath(stateDirectory, tag))
  if (lock !== undefined) return lock
  throw new StoreLockedError(`a renewer is still using the store "${stateDirectory}"`, {
    hint: 'it exits automatically within six minutes after its cms-oauthd; nothing was changed',
  })
}
