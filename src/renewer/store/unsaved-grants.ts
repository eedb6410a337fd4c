import { setTimeout as delay } from 'node:timers/promises'
import { isCmsOauthError } from '../../errors.ts'
import { isSystemError } from '../../files/system-error.ts'
import type { UnsavedGrant } from '../../messages/renewer-messages.ts'
import type { Attempt } from './engine.ts'
import type { StoredGrant } from './record.ts'
import type { ReservedFile } from './reserved-file.ts'
import type { SealedGrants, Written } from './sealed-grants.ts'

/** It is on the disk within 5 s, including the attempt itself. */
const retryIntervalMs = 4_000
const lastRetryIntervalMs = 1_000

interface UnsavedGrantsOptions {
  /** Resolves when the store may be written. @throws CmsOauthError while it may not */
  hold: () => Promise<void>
  /** True where `hold` has nothing to wait for. */
  isHeld: () => boolean
  grants: SealedGrants
  /** How long a grant may be on its way before it is put aside too; absent: until it is refused. */
  asideAfterMs?: number
  /** A grant that had been refused is saved, or was overtaken; trying ends when all is done about that. */
  onSettled: (grant: StoredGrant, written: Written) => Promise<void>
  /** Told whenever an account's grant becomes an unsaved one, or no longer is. */
  onChange: () => void
}

/** Room for a grant: in the engine, or aside, or nowhere. */
export interface Reserved {
  attempt?: Attempt | undefined
  aside?: ReservedFile | undefined
}

/**
 * Saves grants, and keeps those that the disk refused, in memory and aside, until it takes them: a
 * refresh token that was rotated exists nowhere else.
 */
export class UnsavedGrants {
  readonly #options: UnsavedGrantsOptions
  readonly #grants = new Map<string, StoredGrant>()
  readonly #aside = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #retrying: Promise<void> | undefined

  constructor(options: UnsavedGrantsOptions) {
    this.#options = options
  }

  /** Whose grants are not on disk yet. */
  get all(): UnsavedGrant[] {
    return Array.from(this.#grants.keys(), (user) => ({ user, isAside: this.#aside.has(user) }))
  }

  /** The grant that is not on disk yet. */
  find(user: string): StoredGrant | undefined {
    return this.#grants.get(user)
  }

  /** What became of the grant; undefined: nothing yet, and it is tried every 4 s. */
  async save(grant: StoredGrant, { attempt, aside }: Reserved = {}): Promise<Written | undefined> {
    this.#grants.set(grant.user, grant)
    this.#aside.delete(grant.user)
    // Whoever holds the store may take minutes.
    if (!this.#options.isHeld()) this.#putAside(grant, aside)
    const stop = this.#putAsideInTime(grant)
    const written = await this.#trySave(grant, attempt).finally(stop)
    if (written !== undefined) return written
    this.#putAside(grant, aside)
    this.#timer ??= setInterval(() => void this.retry(), retryIntervalMs)
    this.#options.onChange()
    return undefined
  }

  /** Forgets a grant that is not to be saved any more; false where there was none. */
  drop(user: string): boolean {
    const wasThere = this.#grants.delete(user)
    if (this.#grants.size === 0) this.#stopRetrying()
    if (wasThere) this.#options.onChange()
    return wasThere
  }

  /**
   * Goes on trying for so long, and ends; what is still unsaved then stays aside. With `isAsideEnough`
   * nothing more is tried once all of it is there.
   */
  async close(limitMs: number, isAsideEnough: () => boolean): Promise<void> {
    this.#stopRetrying()
    const limit = performance.now() + limitMs
    await this.retry()
    while (this.#grants.size > 0 && performance.now() < limit) {
      if (isAsideEnough() && this.all.every(({ isAside }) => isAside)) return
      await delay(lastRetryIntervalMs)
      await this.retry()
    }
  }

  /** Tries now to save what is unsaved; never throws for what the engine refuses. */
  retry(): Promise<void> {
    this.#retrying ??= this.#saveAll().finally(() => {
      this.#retrying = undefined
    })
    return this.#retrying
  }

  /** An engine that is slow may keep it waiting for longer than this process lives. */
  #putAsideInTime(grant: StoredGrant): () => void {
    const { asideAfterMs } = this.#options
    if (asideAfterMs === undefined) return () => {}
    const timer = setTimeout(() => {
      if (this.#grants.get(grant.user) === grant) this.#putAside(grant)
    }, asideAfterMs)
    return () => clearTimeout(timer)
  }

  #putAside(grant: StoredGrant, reserved?: ReservedFile): void {
    if (this.#aside.has(grant.user)) return
    try {
      if (this.#options.grants.writeAside(grant, reserved)) this.#aside.add(grant.user)
    } catch (error) {
      // A grant that cannot be sealed must not be tried again and again.
      this.drop(grant.user)
      throw error
    }
  }

  async #saveAll(): Promise<void> {
    const settled: Promise<void>[] = []
    for (const grant of this.#grants.values()) {
      const written = await this.#trySave(grant)
      if (written === undefined) this.#putAside(grant)
      else if (!this.#grants.has(grant.user)) settled.push(this.#options.onSettled(grant, written))
    }
    await Promise.all(settled)
  }

  async #trySave(grant: StoredGrant, attempt?: Attempt): Promise<Written | undefined> {
    // A newer one may have come, or the account been removed, while we waited.
    const isWanted = () => this.#grants.get(grant.user) === grant
    let written: Written
    try {
      await this.#options.hold()
      written = await this.#options.grants.write(grant, isWanted, attempt)
    } catch (error) {
      if (isSystemError(error) || isCmsOauthError(error)) return undefined
      if (isWanted()) this.drop(grant.user)
      throw error
    }
    if (isWanted()) this.drop(grant.user)
    return written
  }

  #stopRetrying(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
