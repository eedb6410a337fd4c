import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StoreLockedError } from '../errors.ts'
import { requirePrivateDirectory } from '../files/safe-directory.ts'
import { type FileLock, waitForFileLock } from '../kernel/file-lock.ts'
import { HostLock } from './host-lock.ts'
import { explain } from './system-error.ts'

/** How both locks of a store are waited for. */
export interface LockOptions {
  stateDirectory: string
  /** Called once, with the reason, where somebody holds us up for longer than `noticeMs`. */
  onWaiting?: (reason: string) => void
  noticeMs?: number
  /** How long a predecessor or another host may take to finish. */
  lockLimitMs?: number
}

const defaultNoticeMs = 5_000
/** Jobs end after 20 s; one that is stuck is killed after 45 s, if its daemon lives. */
const defaultLockLimitMs = 50_000
const hostLockPollMs = 250
const waitingReason = 'another renewer, or another host, still works on the store'

/** What keeps others off a store: renewer.lock those of this host, host.lock those of other hosts. */
export class StoreLocks {
  readonly #renewerLock: FileLock
  readonly #hostLock: HostLock

  private constructor(renewerLock: FileLock, hostLock: HostLock) {
    this.#renewerLock = renewerLock
    this.#hostLock = hostLock
  }

  /**
   * Takes both; the directory is made if need be.
   * @throws StoreLockedError at the limit, StoreUnreadableError, InsecureFileModeError
   */
  static async take(options: LockOptions): Promise<StoreLocks> {
    const { stateDirectory, onWaiting = () => {}, noticeMs = defaultNoticeMs } = options
    const limit = AbortSignal.timeout(options.lockLimitMs ?? defaultLockLimitMs)
    const notice = setTimeout(onWaiting, noticeMs, waitingReason)
    try {
      const renewerLock = await takeRenewerLock(stateDirectory, limit)
      const locks = new StoreLocks(renewerLock, new HostLock(stateDirectory))
      await locks.#holdWithin(limit).catch(async (error: unknown) => {
        await locks.close()
        throw error
      })
      return locks
    } finally {
      clearTimeout(notice)
    }
  }

  /** Resolves while no other host works on the store. @throws StoreLockedError, StoreUnreadableError */
  hold(): Promise<void> {
    return this.#hostLock.hold()
  }

  /** Lets go of both. */
  async close(): Promise<void> {
    await this.#hostLock.close()
    this.#renewerLock.close()
  }

  async #holdWithin(limit: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.hold()
      } catch (error) {
        if (!(error instanceof StoreLockedError) || limit.aborted) throw error
      }
      await delay(hostLockPollMs)
    }
  }
}

/** A renewer whose daemon was killed finishes and seals its last job before the next one begins. */
async function takeRenewerLock(directory: string, limit: AbortSignal): Promise<FileLock> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    requirePrivateDirectory(directory)
    return await waitForFileLock(join(directory, 'renewer.lock'), limit)
  } catch (error) {
    if (error !== limit.reason) throw explain(directory, error)
    throw new StoreLockedError(`another renewer still works on the store "${directory}"`, {
      hint: 'it ends by itself; if it does not, look for a process "cms-oauth-renewer"',
    })
  }
}
