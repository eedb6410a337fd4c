import { StoreLockedError } from '../../errors.ts'
import type { StoredGrant } from './record.ts'
import type { Reserved, UnsavedGrants } from './unsaved-grants.ts'

/** What a disk is that refuses a file, in words. */
const troubles: Record<string, string> = {
  ENOSPC: 'is full',
  EDQUOT: 'has no quota left for cms-oauthd',
  EROFS: 'is read-only',
}

/** Room on the disk for one grant that a provider is about to give; used once, or released. */
export class Reservation {
  readonly #unsaved: UnsavedGrants
  readonly #reserved: Reserved

  /** Without room the grant is saved where it can be, and kept in memory until then. */
  constructor(unsaved: UnsavedGrants, reserved: Reserved = {}) {
    this.#unsaved = unsaved
    this.#reserved = reserved
  }

  /**
   * Saves the grant in place of the account's older one. Where the disk refuses all the same it is put
   * aside and tried again until saved; `isDurable` is false then.
   */
  async save(grant: StoredGrant): Promise<{ isDurable: boolean }> {
    const isDurable = await this.#unsaved.save(grant, this.#reserved)
    this.release()
    return { isDurable }
  }

  /** Gives the room back; does nothing once it was used. */
  release(): void {
    this.#reserved.attempt?.giveBack()
    this.#reserved.aside?.release()
  }
}

/** Why nothing was asked of a provider: what it gives could not be kept. */
export function withoutRoom(directory: string, code = 'EIO'): StoreLockedError {
  const trouble = troubles[code] ?? `fails (${code})`
  return new StoreLockedError(
    `the disk of the store "${directory}" ${trouble}, so the provider was not asked`,
    { hint: 'free space there or repair the disk; it is tried again automatically', actor: 'you' },
  )
}
