import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isCmsOauthError, StoreLockedError } from '../../../errors.ts'
import { makeSafeDirectory } from '../../../files/safe-directory.ts'
import { explain, isDiskTrouble, isSystemError } from '../../../files/system-error.ts'
import { type FileLock, waitForFileLock } from '../../../kernel/file-lock.ts'
import { tagOf } from '../tag.ts'
import { HostLock } from './host-lock.ts'

/** How the locks of a store are waited for. */
export interface LockOptions {
  stateDirectory: string
  /** Whose accounts are worked for: each issuer has locks of its own. Asked when they are first taken. */
  issuer: () => string
  /** Called once, with the reason, where somebody holds us up for longer than `noticeMs`. */
  onWaiting?: (reason: string) => void
  noticeMs?: number
  /** How long a predecessor or another host may take to finish. */
  lockLimitMs?: number
  /** Ends all waiting. */
  signal?: AbortSignal
}

/** The file whose flock(2) says that a renewer of this host works for an issuer. */
export function renewerLockPath(stateDirectory: string, tag: string): string {
  return join(stateDirectory, `renewer-${tag}.lock`)
}

const defaultNoticeMs = 5_000
/** An exchange goes on for 5 min 20 s, and what the disk refuses is tried for another minute. */
const defaultLockLimitMs = 7 * 60_000
const hostLockPollMs = 250
const waitingReason = 'another renewer, or another host, is still working for the same provider'

interface Held {
  /** Absent where the disk does not let it be made: nobody else can make it either. */
  renewerLock: FileLock | undefined
  hostLock: HostLock
}

/** What keeps others off an issuer's accounts: flock(2) on this host, and a host lock among hosts. */
export class StoreLocks {
  readonly #options: LockOptions
  /** Ends the waiting of the moment. Not of AbortSignal.any(), which forgets a timeout that is collected. */
  #limit = new AbortController()
  #isEnding = false
  #held: Held | undefined
  #taking: Promise<Held> | undefined

  constructor(options: LockOptions) {
    this.#options = options
    if (options.signal?.aborted === true) this.#endWaiting()
    options.signal?.addEventListener('abort', () => this.#endWaiting(), { once: true })
  }

  /**
   * Resolves while nobody else works for the issuer; takes the locks the first time.
   * @throws StoreLockedError at the limit, StoreUnreadableError
   */
  async hold(): Promise<void> {
    if (this.#held !== undefined) {
      makeQuietly(this.#options.stateDirectory)
      return this.#held.hostLock.hold()
    }
    this.#taking ??= this.#take().finally(() => {
      this.#taking = undefined
    })
    await this.#taking
  }

  /** Releases them, and stops waiting. */
  async close(): Promise<void> {
    this.#endWaiting()
    await this.#taking?.catch(() => {})
    await this.#held?.hostLock.close()
    this.#held?.renewerLock?.close()
    this.#held = undefined
  }

  async #take(): Promise<Held> {
    const {
      stateDirectory,
      issuer,
      onWaiting = () => {},
      noticeMs = defaultNoticeMs,
    } = this.#options
    const { lockLimitMs = defaultLockLimitMs } = this.#options
    const limit = this.#startLimit()
    const timer = setTimeout(() => this.#limit.abort(), lockLimitMs)
    const tag = tagOf(issuer())
    const notice = setTimeout(onWaiting, noticeMs, waitingReason)
    let renewerLock: FileLock | undefined
    makeQuietly(stateDirectory)
    try {
      renewerLock = await takeRenewerLock(stateDirectory, tag, limit)
      const hostLock = new HostLock(stateDirectory, tag)
      await holdWithin(hostLock, limit)
      this.#held = { renewerLock, hostLock }
      return this.#held
    } catch (error) {
      renewerLock?.close()
      throw error
    } finally {
      clearTimeout(notice)
      clearTimeout(timer)
    }
  }

  #startLimit(): AbortSignal {
    this.#limit = new AbortController()
    if (this.#isEnding) this.#limit.abort()
    return this.#limit.signal
  }

  #endWaiting(): void {
    this.#isEnding = true
    this.#limit.abort()
  }
}

/** Somebody may have removed it; where it cannot be made, what comes next says why. */
function makeQuietly(directory: string): void {
  try {
    makeSafeDirectory(directory)
  } catch (error) {
    if (!isSystemError(error) && !isCmsOauthError(error)) throw error
  }
}

async function holdWithin(hostLock: HostLock, limit: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await hostLock.hold()
    } catch (error) {
      if (!(error instanceof StoreLockedError) || limit.aborted) throw error
    }
    await delay(hostLockPollMs)
  }
}

/** A renewer whose daemon was killed finishes and seals its last job before the next one begins. */
async function takeRenewerLock(
  directory: string,
  tag: string,
  limit: AbortSignal,
): Promise<FileLock | undefined> {
  const path = renewerLockPath(directory, tag)
  try {
    return await waitForFileLock(path, limit)
  } catch (error) {
    if (isDiskTrouble(error)) return undefined
    if (error !== limit.reason) throw explain(path, error)
    throw new StoreLockedError(
      `another renewer of the store "${directory}" is still working for the same provider`,
      { hint: 'it exits automatically; if it does not, look for a process "cms-oauth-renewer"' },
    )
  }
}
