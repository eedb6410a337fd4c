import { isCmsOauthError } from '../errors.ts'
import type { StoredGrant } from './record.ts'
import { isSystemError } from './system-error.ts'

const retryIntervalMs = 5_000

interface UnsavedGrantsOptions {
  /** Resolves when the store may be written. @throws CmsOauthError while it may not */
  hold: () => Promise<void>
  /** Saves a grant durably. @throws NodeJS.ErrnoException */
  write: (grant: StoredGrant) => void
  /** A grant that had been refused is saved. */
  onDurable: (user: string) => void
}

/**
 * Saves grants, and keeps those that the disk refused until it takes them: a refresh token that was
 * rotated exists nowhere else.
 */
export class UnsavedGrants {
  readonly #options: UnsavedGrantsOptions
  readonly #grants = new Map<string, StoredGrant>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: UnsavedGrantsOptions) {
    this.#options = options
  }

  /** The grant that is not on disk yet. */
  find(user: string): StoredGrant | undefined {
    return this.#grants.get(user)
  }

  /**
   * True when the grant, or a newer one of the account, is on disk; else it is tried every 5 s.
   * `writeReserved` saves into room that was reserved for it, and is tried first.
   */
  async save(grant: StoredGrant, writeReserved?: (grant: StoredGrant) => void): Promise<boolean> {
    this.#grants.set(grant.user, grant)
    const isSaved = await this.#trySave(grant, writeReserved)
    if (!isSaved) this.#timer ??= setInterval(() => void this.#retry(), retryIntervalMs)
    return isSaved
  }

  /** Forgets a grant that is not to be saved any more; false where there was none. */
  drop(user: string): boolean {
    const wasThere = this.#grants.delete(user)
    if (this.#grants.size === 0) this.#stopRetrying()
    return wasThere
  }

  /** Tries once more, and ends. */
  async close(): Promise<void> {
    this.#stopRetrying()
    await this.#retry()
  }

  async #retry(): Promise<void> {
    for (const grant of this.#grants.values()) {
      const isSaved = await this.#trySave(grant)
      if (isSaved && !this.#grants.has(grant.user)) this.#options.onDurable(grant.user)
    }
  }

  async #trySave(
    grant: StoredGrant,
    writeReserved?: (grant: StoredGrant) => void,
  ): Promise<boolean> {
    try {
      await this.#options.hold()
      // A newer one may have come, or the account been removed, while we waited.
      if (this.#grants.get(grant.user) !== grant) return true
      this.#write(grant, writeReserved)
    } catch (error) {
      if (isSystemError(error) || isCmsOauthError(error)) return false
      this.drop(grant.user)
      throw error
    }
    this.drop(grant.user)
    return true
  }

  #write(grant: StoredGrant, writeReserved?: (grant: StoredGrant) => void): void {
    try {
      if (writeReserved !== undefined) return writeReserved(grant)
    } catch (error) {
      if (!isSystemError(error)) throw error
    }
    this.#options.write(grant)
  }

  #stopRetrying(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
