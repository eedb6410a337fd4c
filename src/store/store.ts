import { readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { StoreKeySource } from '../config/configuration.ts'
import { isCmsOauthError, StoreUnreadableError } from '../errors.ts'
import { type FileSystem, isTemporary } from './atomic-file.ts'
import { keyIdOf, type RecordKind } from './envelope.ts'
import { loadMasterKey, type MasterKey } from './master-key.ts'
import type { StoredGrant } from './record.ts'
import { isRecordName, readSealed, RecordFile, type ReservedRecord } from './record-file.ts'
import { findRecordOwners } from './record-owners.ts'
import { Reservation, withoutRoom } from './reservation.ts'
import { type LockOptions, StoreLocks } from './store-locks.ts'
import { explain, isDiskTrouble, isSystemError } from './system-error.ts'
import { UnsavedGrants } from './unsaved-grants.ts'

/** What may be known of a record without its renewal. */
export interface RecordSummary {
  user: string
  /** Epoch ms of the sign-in or import; 0 where the record is damaged: reading it says how. */
  signedInAt: number
  /** Epoch ms of the newest successful refresh. */
  refreshedAt: number
}

/** What may be known of a record that none of the accounts asked about has. */
export interface OtherRecord {
  user: string
  /** Epoch ms of the sign-in or import; 0 where the record is damaged. */
  signedInAt: number
  /** Who gave it; empty where the record is damaged. */
  issuer: string
}

interface StoreOptions extends LockOptions {
  key: StoreKeySource
  /** A grant that the disk had refused has been saved. */
  onDurable: (user: string) => void
  fileSystem?: FileSystem
}

/**
 * Opens the store, alone on this host and among those that share its directory: proves that the
 * disk takes files (the host lock is one) and that the key is the right one, then clears away what
 * dead writers left.
 * @throws StoreLockedError, StoreUnreadableError, InsecureFileModeError; no record is changed then
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { stateDirectory, key } = options
  const locks = await StoreLocks.take(options)
  try {
    const names = readdirSync(stateDirectory)
    const records = names.filter(isRecordName).map((name) => join(stateDirectory, name))
    const isStoreEmpty = records.length === 0
    const masterKey = await loadMasterKey(key, { ...options, isStoreEmpty })
    requireKeyOf(records, masterKey)
    for (const name of names.filter(isTemporary)) clearAway(join(stateDirectory, name))
    return new Store(options, masterKey, locks)
  } catch (error) {
    await locks.close()
    throw explain(stateDirectory, error)
  }
}

/** Grants by account, each in a sealed file of its own. One process at a time holds it. */
export class Store {
  readonly #options: StoreOptions
  readonly #key: MasterKey
  readonly #locks: StoreLocks
  readonly #unsaved: Record<RecordKind, UnsavedGrants>

  constructor(options: StoreOptions, key: MasterKey, locks: StoreLocks) {
    this.#options = options
    this.#key = key
    this.#locks = locks
    const unsavedOf = (kind: RecordKind, onDurable: (user: string) => void) =>
      new UnsavedGrants({
        hold: () => locks.hold(),
        write: (grant) => this.#fileOf(grant.user, kind).write(grant, key),
        onDurable,
      })
    this.#unsaved = {
      grant: unsavedOf('grant', options.onDurable),
      unconfirmed: unsavedOf('unconfirmed', () => {}),
    }
  }

  /** Which of these accounts have a record. */
  list(users: readonly string[]): RecordSummary[] {
    return users.flatMap((user) => this.#summary(user) ?? [])
  }

  /** The records of all but these accounts, also unconfirmed ones. @throws NodeJS.ErrnoException */
  listOthers(users: readonly string[]): OtherRecord[] {
    const known = new Set(users)
    return findRecordOwners(this.#options.stateDirectory)
      .filter((user) => !known.has(user))
      .map((user) => this.#other(user))
  }

  /**
   * The newest grant of an account, undefined where there is none.
   * @throws StoreUnreadableError for a damaged record, StoreLockedError
   */
  async read(user: string): Promise<StoredGrant | undefined> {
    await this.#locks.hold()
    return this.#newest(user, 'grant')
  }

  /**
   * The grant that was issued for an account without proof that it is the account's; undefined where
   * there is none. It is never used as it is. @throws as `read` does
   */
  async readUnconfirmed(user: string): Promise<StoredGrant | undefined> {
    await this.#locks.hold()
    return this.#newest(user, 'unconfirmed')
  }

  /**
   * Makes room for a grant of the account before a provider is asked for it, so that a full disk costs
   * nothing that a provider has rotated. With `mayFallBack` a disk that has no room is no reason to
   * give up: what comes is kept in memory until the disk takes it.
   * @throws StoreLockedError where there is no room or another host holds the store,
   * StoreUnreadableError; never with `mayFallBack`
   */
  async reserve(
    user: string,
    { kind, mayFallBack }: { kind: RecordKind; mayFallBack: boolean },
  ): Promise<Reservation> {
    const unsaved = this.#unsaved[kind]
    try {
      await this.#locks.hold()
      return new Reservation(unsaved, this.#makeRoom(user, kind))
    } catch (error) {
      if (mayFallBack && isCmsOauthError(error)) return new Reservation(unsaved)
      throw error
    }
  }

  /**
   * Saves a grant in place of the account's older one. Where the disk refuses or another host holds
   * the store, the grant stays in memory and is tried again until saved; `isDurable` is false then.
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

  /** Tries a last time to save what is unsaved, and lets go of the store. */
  async close(): Promise<void> {
    await this.#unsaved.grant.close()
    await this.#unsaved.unconfirmed.close()
    await this.#locks.close()
  }

  #makeRoom(user: string, kind: RecordKind): ReservedRecord {
    const { stateDirectory } = this.#options
    try {
      return this.#fileOf(user, kind).reserve(this.#key)
    } catch (error) {
      throw isDiskTrouble(error)
        ? withoutRoom(stateDirectory, error.code)
        : explain(stateDirectory, error)
    }
  }

  #drop(user: string, kind: RecordKind): boolean {
    const wasUnsaved = this.#unsaved[kind].drop(user)
    return this.#fileOf(user, kind).remove() || wasUnsaved
  }

  #newest(user: string, kind: RecordKind): StoredGrant | undefined {
    return this.#unsaved[kind].find(user) ?? this.#fileOf(user, kind).read(this.#key)
  }

  #summary(user: string): RecordSummary | undefined {
    try {
      const grant = this.#newest(user, 'grant')
      return grant && { user, signedInAt: grant.signedInAt, refreshedAt: grant.refreshedAt }
    } catch (error) {
      if (!(error instanceof StoreUnreadableError)) throw error
      return { user, signedInAt: 0, refreshedAt: 0 }
    }
  }

  #other(user: string): OtherRecord {
    try {
      const grant = this.#newest(user, 'grant') ?? this.#newest(user, 'unconfirmed')
      return { user, signedInAt: grant?.signedInAt ?? 0, issuer: grant?.issuer ?? '' }
    } catch (error) {
      if (!(error instanceof StoreUnreadableError)) throw error
      return { user, signedInAt: 0, issuer: '' }
    }
  }

  #fileOf(user: string, kind: RecordKind): RecordFile {
    const { stateDirectory, fileSystem } = this.#options
    return new RecordFile(stateDirectory, user, kind, fileSystem)
  }
}

/** What a dead writer left can wait for a disk that takes no writes. */
function clearAway(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isDiskTrouble(error)) throw error
  }
}

/** Tells a wrong key from a damaged record: no record at all names the key then. */
function requireKeyOf(records: readonly string[], key: MasterKey): void {
  let isForeign = false
  for (const path of records) {
    const keyId = legibleKeyId(path)
    if (keyId === key.id) return
    isForeign ||= keyId !== undefined
  }
  if (!isForeign) return
  throw new StoreUnreadableError('the records of the store are sealed with another key', {
    hint: 'bring back the key that they were sealed with; nothing was changed',
  })
}

function legibleKeyId(path: string): string | undefined {
  try {
    return keyIdOf(readSealed(path) ?? Buffer.of())
  } catch (error) {
    // One file that cannot be read must not cost the other accounts; its own job names it.
    if (isSystemError(error)) return undefined
    throw error
  }
}
