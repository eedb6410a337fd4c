import type { StoreKeySource } from '../../configuration/configuration.ts'
import { isCmsOauthError } from '../../errors.ts'
import type { FileSystem } from '../../files/durable-file.ts'
import { proveWritable } from '../../files/prove-writable.ts'
import { makeDirectoryOf } from '../../files/file-access.ts'
import { explain, isDiskTrouble } from '../../files/system-error.ts'
import type { UnsavedGrant } from '../../messages/renewer-messages.ts'
import { clearAway } from './clear-away.ts'
import type { RecordKind } from './envelope.ts'
import { asideOf, isUsable } from './file-engine/aside-directory.ts'
import { GrantFiles } from './file-engine/grant-files.ts'
import type { ReservedRecord } from './file-engine/record-file.ts'
import { Reservation, withoutRoom } from './file-engine/reservation.ts'
import { type LockOptions, renewerLockPath, StoreLocks } from './file-engine/store-locks.ts'
import { loadMasterKey, type MasterKey } from './master-key.ts'
import { recordsIn, requireKeyOf } from './record-key.ts'
import { RecordOverview } from './record-overview.ts'
import type { StoredGrant } from './record.ts'
import { tagOf } from './tag.ts'
import { UnsavedGrants } from './unsaved-grants.ts'

interface StoreOptions extends LockOptions {
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
  fileSystem?: FileSystem
}

const defaultCloseLimitMs = 60_000

/**
 * Opens the store: proves that the disk takes files and that the key is the right one, and clears away
 * what writers that were killed have left. No lock is waited for: that is for who reads and changes the grants.
 * @throws StoreUnreadableError, InsecureFileModeError; no record is changed then
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { stateDirectory, key } = options
  const asideDirectory = asideOf(options)
  try {
    makeDirectoryOf({ path: renewerLockPath(stateDirectory, ''), kind: 'storeLock' })
    proveWritable(stateDirectory)
    const directories = [stateDirectory, ...(isUsable(asideDirectory) ? [asideDirectory] : [])]
    const records = directories.flatMap(recordsIn)
    const isStoreEmpty = records.length === 0
    const masterKey = await loadMasterKey(key, { ...options, isStoreEmpty })
    requireKeyOf(records, masterKey)
    for (const directory of directories) clearAway(stateDirectory, directory)
    return new Store(options, masterKey)
  } catch (error) {
    throw explain(stateDirectory, error)
  }
}

/** Grants by account, each in a sealed file of its own. */
export class Store {
  readonly #options: StoreOptions
  readonly #locks: StoreLocks
  readonly #files: Record<RecordKind, GrantFiles>
  readonly #unsaved: Record<RecordKind, UnsavedGrants>
  /** What it holds: for that no lock is waited for. */
  readonly overview: RecordOverview

  constructor(options: StoreOptions, key: MasterKey) {
    this.#options = options
    this.#locks = new StoreLocks(options)
    const { stateDirectory, fileSystem, issuer, onDurable } = options
    const filesOf = (kind: RecordKind) =>
      new GrantFiles({
        stateDirectory,
        asideDirectory: asideOf(options),
        kind,
        key,
        writer: () => ({
          tag: tagOf(issuer()),
          ...(fileSystem === undefined ? {} : { fs: fileSystem }),
        }),
      })
    this.#files = { grant: filesOf('grant'), unconfirmed: filesOf('unconfirmed') }
    this.#unsaved = {
      grant: this.#unsavedOf('grant', onDurable),
      unconfirmed: this.#unsavedOf('unconfirmed', () => {}),
    }
    this.overview = new RecordOverview({
      directories: () => [stateDirectory, ...[asideOf(options)].filter(isUsable)],
      newest: (user, kind) => this.#newest(user, kind),
    })
  }

  /** Resolves while nobody else works for the issuer. @throws StoreLockedError, StoreUnreadableError */
  hold(): Promise<void> {
    return this.#locks.hold()
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
      await this.#locks.hold()
      return new Reservation(unsaved, { state: this.#makeRoom(user, kind) })
    } catch (error) {
      if (!mayFallBack || !isCmsOauthError(error)) throw error
      return new Reservation(unsaved, { aside: this.#files[kind].reserveAside(user) })
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
    await this.#locks.hold()
    const wasThere = this.#drop(user, 'grant')
    this.#drop(user, 'unconfirmed')
    return wasThere
  }

  /** Removes an account's unconfirmed grant; false where there was none. @throws as `remove` does */
  async removeUnconfirmed(user: string): Promise<boolean> {
    await this.#locks.hold()
    return this.#drop(user, 'unconfirmed')
  }

  /** Goes on trying to save what is unsaved for a minute, and releases the store. */
  async close(): Promise<void> {
    const { closeLimitMs = defaultCloseLimitMs, isSuccessorDue = () => false } = this.#options
    await Promise.all(
      Object.values(this.#unsaved).map((unsaved) => unsaved.close(closeLimitMs, isSuccessorDue)),
    )
    await this.#locks.close()
  }

  #unsavedOf(kind: RecordKind, onDurable: (user: string) => void): UnsavedGrants {
    return new UnsavedGrants({
      hold: () => this.#locks.hold(),
      isHeld: () => this.#locks.isHeld,
      files: this.#files[kind],
      onDurable,
      onChange: () => this.#tellUnsaved(),
    })
  }

  #tellUnsaved(): void {
    const { grant, unconfirmed } = this.#unsaved
    this.#options.onUnsaved?.([...grant.all, ...unconfirmed.all])
  }

  async #read(user: string, kind: RecordKind): Promise<StoredGrant | undefined> {
    await this.#locks.hold()
    const aside = this.#files[kind].readAside(user)
    const grant = this.#newest(user, kind)
    // What a predecessor had to put aside goes where it belongs as soon as that takes it.
    if (
      aside !== undefined &&
      grant !== undefined &&
      this.#unsaved[kind].find(user) === undefined
    ) {
      await this.#unsaved[kind].save(grant)
    }
    return grant
  }

  #makeRoom(user: string, kind: RecordKind): ReservedRecord {
    const { stateDirectory } = this.#options
    try {
      return this.#files[kind].reserve(user)
    } catch (error) {
      if (isDiskTrouble(error)) throw withoutRoom(stateDirectory, error.code)
      throw explain(stateDirectory, error)
    }
  }

  #drop(user: string, kind: RecordKind): boolean {
    const wasUnsaved = this.#unsaved[kind].drop(user)
    return this.#files[kind].remove(user) || wasUnsaved
  }

  #newest(user: string, kind: RecordKind): StoredGrant | undefined {
    return this.#unsaved[kind].find(user) ?? this.#files[kind].read(user)
  }
}
