import type { StoredGrant } from './record.ts'

const retryIntervalMs = 5_000

/** Saves grants, and keeps those that the disk refused until it takes them. */
export class UnsavedGrants {
  readonly #write: (grant: StoredGrant) => void
  readonly #onDurable: (user: string) => void
  readonly #grants = new Map<string, StoredGrant>()
  #timer: NodeJS.Timeout | undefined

  /** `write` saves a grant durably or throws. */
  constructor(write: (grant: StoredGrant) => void, onDurable: (user: string) => void) {
    this.#write = write
    this.#onDurable = onDurable
  }

  /** The grant that is not on disk yet. */
  find(user: string): StoredGrant | undefined {
    return this.#grants.get(user)
  }

  /** True when the grant is on disk; otherwise it is tried again every 5 s. */
  save(grant: StoredGrant): boolean {
    try {
      this.#write(grant)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error
      this.#grants.set(grant.user, grant)
      this.#timer ??= setInterval(() => this.#retry(), retryIntervalMs)
      return false
    }
    this.drop(grant.user)
    return true
  }

  /** Forgets a grant that is not to be saved any more. */
  drop(user: string): void {
    this.#grants.delete(user)
    if (this.#grants.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Tries once more, and ends. */
  close(): void {
    this.#retry()
    clearInterval(this.#timer)
  }

  #retry(): void {
    for (const grant of this.#grants.values()) {
      if (this.save(grant)) this.#onDurable(grant.user)
    }
  }
}
