import { StoreLockedError, triedAgain } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import type { StoredGrant } from './record.ts'
import type { Reserved } from './unsaved-grants.ts'

/** What a disk is that refuses a file, in words. */
const troubles: Record<string, string> = {
  ENOSPC: 'is full',
  EDQUOT: 'has no quota left for cms-oauthd',
  EROFS: 'is read-only',
}

/** What became of a grant that is to be kept. */
export interface Saved {
  /** False while the engine refuses it: it is put aside, and tried again until saved. */
  isDurable: boolean
}

/** Room on the disk for one grant that a provider is about to give; used once, or released. */
export class Reservation {
  readonly #save: (grant: StoredGrant, reserved: Reserved) => Promise<Saved>
  readonly #reserved: Reserved

  /** Without room the grant is saved where it can be, and kept in memory until then. */
  constructor(
    save: (grant: StoredGrant, reserved: Reserved) => Promise<Saved>,
    reserved: Reserved = {},
  ) {
    this.#save = save
    this.#reserved = reserved
  }

  /** Saves the grant in place of the account's older one; the room is given back, however that ends. */
  async save(grant: StoredGrant): Promise<Saved> {
    try {
      return await this.#save(grant, this.#reserved)
    } finally {
      this.release()
    }
  }

  /** Gives the room back; does nothing once it was used. */
  release(): void {
    this.#reserved.attempt?.giveBack()
    this.#reserved.aside?.release()
  }
}

/** Why nothing was asked of a provider: what it gives could not be kept. */
export function withoutRoom(directory: string, code = 'EIO'): StoreLockedError {
  const trouble = troubles[code] ?? `fails: ${withErrnoWords(code)}`
  return new StoreLockedError(
    `the disk of the store "${directory}" ${trouble}, so the provider was not asked`,
    { hint: `free space there or repair the disk; it ${triedAgain}`, actor: 'you' },
  )
}

/** Why nothing is asked again of a provider: what it gave last is not where other hosts find it. */
export function notTaken(owner: string): StoreLockedError {
  return new StoreLockedError(`the engine has not taken the newest sign-in of "${owner}" yet`, {
    hint: 'it is kept on this host, and tried again automatically',
  })
}
