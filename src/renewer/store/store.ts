import type { StoreKeySource } from '../../configuration/configuration.ts'
import { isCmsOauthError } from '../../errors.ts'
import { explain } from '../../files/system-error.ts'
import type { UnsavedGrant } from '../../messages/renewer-messages.ts'
import { addressHashOf } from '../../sealing/address-hash.ts'
import { Aside } from './aside.ts'
import type { RecordKind } from '../../sealing/envelope.ts'
import { clearAway } from './file-engine/clear-away.ts'
import { type FileEngineOptions, openFileEngine } from './file-engine/file-engine.ts'
import { loadMasterKey } from '../../sealing/master-key.ts'
import { RecordOverview, type Sight } from './record-overview.ts'
import type { StoredGrant } from './record.ts'
import { requireKeyOf } from './require-key.ts'
import { Reservation } from './reservation.ts'
import { type Sealing, SealedGrants } from './sealed-grants.ts'
import { UnsavedGrants } from './unsaved-grants.ts'

interface StoreOptions extends FileEngineOptions {
  key: StoreKeySource
  /** Takes what the disk refuses, sealed, until it takes writes again; lost at a reboot. */
  runtimeDirectory?: string
  /** A grant that the disk had refused has been saved. */
  onDurable: (user: string) => void
  /** Told whose grants the disk has not taken yet, at each change. */
  onUnsaved?: (grants: UnsavedGrant[]) => void
  /** How long closing goes on trying to save them. */
  closeLimitMs?: number
  /** True where a successor takes over what was put aside: it must not be kept waiting. */
  isSuccessorDue?: () => boolean
}

const defaultCloseLimitMs = 60_000

/**
 * Opens the store: proves that the disk takes files and that the key is the right one, and clears away
 * what writers that were killed have left. No lock is waited for: that is for who reads and changes the grants.
 * @throws StoreUnreadableError, InsecureFileModeError; no record is changed then
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { stateDirectory } = options
  try {
    const aside = new Aside(options)
    const engine = openFileEngine(options)
    const records = [...(await engine.list()), ...aside.list()]
    const isStoreEmpty = records.length === 0
    const key = await loadMasterKey(options.key, { ...options, isStoreEmpty })
    requireKeyOf(records, key)
    clearAway(stateDirectory, stateDirectory)
    if (aside.directory !== undefined) clearAway(stateDirectory, aside.directory)
    return new Store(options, { engine, aside, key })
  } catch (error) {
    throw explain(stateDirectory, error)
  }
}

/** Grants by account, each a sealed record of its own, whatever engine keeps them. */
export class Store {
  readonly #options: StoreOptions
  readonly #sealing: Sealing
  readonly #grants: Record<RecordKind, SealedGrants>
  readonly #unsaved: Record<RecordKind, UnsavedGrants>
  #isHeld = false
  /** What it holds: for that no lock is waited for. */
  readonly overview: RecordOverview

  constructor(options: StoreOptions, sealing: Sealing) {
    this.#options = options
    this.#sealing = sealing
    this.#grants = {
      grant: new SealedGrants(sealing, 'grant'),
      unconfirmed: new SealedGrants(sealing, 'unconfirmed'),
    }
    this.#unsaved = {
      grant: this.#unsavedOf('grant', options.onDurable),
      unconfirmed: this.#unsavedOf('unconfirmed', () => {}),
    }
    this.overview = new RecordOverview((users) => this.#look(users))
  }

  /** Resolves while nobody else works for the issuer. @throws StoreLockedError, StoreUnreadableError */
  async hold(): Promise<void> {
    await this.#sealing.engine.begin()
    this.#isHeld = true
  }

  /**
   * The newest grant of an account, undefined where there is none.
   * @throws StoreUnreadableError for a damaged record, StoreLockedError
   */
  read(user: string): Promise<StoredGrant | undefined> {
    return this.#read(user, 'grant')
  }

  /**
   * The grant that was issued for an account without proof that it is the account's; undefined where
   * there is none. It is never used as it is. @throws as `read` does
   */
  readUnconfirmed(user: string): Promise<StoredGrant | undefined> {
    return this.#read(user, 'unconfirmed')
  }

  /**
   * Makes room for a grant of the account before a provider is asked for it, so that a full disk costs
   * nothing that a provider has rotated. With `mayFallBack` a disk that has no room is not a reason to
   * give up: what comes is put aside, or kept in memory, until the disk takes it.
   * @throws StoreLockedError where there is no room or somebody else works for the issuer,
   * StoreUnreadableError; never with `mayFallBack`
   */
  async reserve(
    user: string,
    { kind, mayFallBack }: { kind: RecordKind; mayFallBack: boolean },
  ): Promise<Reservation> {
    const unsaved = this.#unsaved[kind]
    try {
      await this.hold()
      return new Reservation(unsaved, { attempt: await this.#grants[kind].reserve(user) })
    } catch (error) {
      if (!mayFallBack || !isCmsOauthError(error)) throw error
      return new Reservation(unsaved, { aside: this.#grants[kind].reserveAside(user) })
    }
  }

  /**
   * Saves a grant in place of the account's older one. Where the disk refuses or another host holds
   * the store, the grant is put aside and tried again until saved; `isDurable` is false then.
   */
  async save(grant: StoredGrant): Promise<{ isDurable: boolean }> {
    return { isDurable: await this.#unsaved.grant.save(grant) }
  }

  /**
   * Removes what there is of an account, also unconfirmed; false where there was no grant.
   * @throws StoreLockedError, StoreUnreadableError
   */
  async remove(user: string): Promise<boolean> {
    await this.hold()
    const wasThere = await this.#drop(user, 'grant')
    await this.#drop(user, 'unconfirmed')
    return wasThere
  }

  /** Removes an account's unconfirmed grant; false where there was none. @throws as `remove` does */
  async removeUnconfirmed(user: string): Promise<boolean> {
    await this.hold()
    return this.#drop(user, 'unconfirmed')
  }

  /** Goes on trying to save what is unsaved for a minute, and releases the store. */
  async close(): Promise<void> {
    const { closeLimitMs = defaultCloseLimitMs, isSuccessorDue = () => false } = this.#options
    await Promise.all(
      Object.values(this.#unsaved).map((unsaved) => unsaved.close(closeLimitMs, isSuccessorDue)),
    )
    await this.#sealing.engine.close()
  }

  #unsavedOf(kind: RecordKind, onDurable: (user: string) => void): UnsavedGrants {
    return new UnsavedGrants({
      hold: () => this.hold(),
      isHeld: () => this.#isHeld,
      grants: this.#grants[kind],
      onDurable,
      onChange: () => this.#tellUnsaved(),
    })
  }

  #tellUnsaved(): void {
    const { grant, unconfirmed } = this.#unsaved
    this.#options.onUnsaved?.([...grant.all, ...unconfirmed.all])
  }

  async #read(user: string, kind: RecordKind): Promise<StoredGrant | undefined> {
    await this.hold()
    const grant = await this.#newest(user, kind)
    // What a predecessor had to put aside goes where it belongs as soon as that takes it. Nothing is
    // awaited after it was looked for: what has been saved since is not aside any more.
    const aside = this.#grants[kind].readAside(user)
    if (
      aside !== undefined &&
      grant !== undefined &&
      this.#unsaved[kind].find(user) === undefined
    ) {
      await this.#unsaved[kind].save(grant)
    }
    return grant
  }

  async #drop(user: string, kind: RecordKind): Promise<boolean> {
    const wasUnsaved = this.#unsaved[kind].drop(user)
    return (await this.#grants[kind].remove(user)) || wasUnsaved
  }

  async #look(users?: readonly string[]): Promise<Sight> {
    const { engine, aside } = this.#sealing
    const held = await engine.list(users)
    const byName = new Map(
      held.map((record) => [nameOf(record.addressHash, record.kind), record] as const),
    )
    return {
      owners: () => new Set([...held, ...aside.list(users)].flatMap(({ user }) => user ?? [])),
      newest: (user, kind) =>
        this.#unsaved[kind].find(user) ??
        this.#grants[kind].newestOf(user, byName.get(nameOf(addressHashOf(user), kind))),
    }
  }

  async #newest(user: string, kind: RecordKind): Promise<StoredGrant | undefined> {
    const kept = this.#unsaved[kind].find(user) ?? (await this.#grants[kind].read(user))
    // One may have come meanwhile.
    return this.#unsaved[kind].find(user) ?? kept
  }
}

function nameOf(addressHash: string, kind: RecordKind): string {
  return `${addressHash} ${kind}`
}
