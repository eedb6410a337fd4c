import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import type { StoreKeySource } from '../config/configuration.ts'
import { StoreLockedError, StoreUnreadableError } from '../errors.ts'
import { type FileLock, waitForFileLock } from '../kernel/file-lock.ts'
import { isTemporary, syncDirectory, writeFileDurably } from './atomic-file.ts'
import { open, readHeader, seal } from './envelope.ts'
import { HostLock } from './host-lock.ts'
import { loadMasterKey, type MasterKey } from './master-key.ts'
import { decodeRecord, encodeRecord, type StoredGrant } from './record.ts'
import { requirePrivate, requireSafeParents } from './safe-path.ts'
import { UnsavedGrants } from './unsaved-grants.ts'

/** What may be known of a record without its renewal. */
export interface StoredSummary {
  user: string
  /** Epoch ms; 0 where the record is damaged: reading it says how. */
  signedInAt: number
  /** Epoch ms. */
  refreshedAt: number
}

interface StoreOptions {
  stateDirectory: string
  key: StoreKeySource
  /** A grant that the disk had refused has been saved. */
  onDurable: (user: string) => void
  /** How long a predecessor may take to finish. */
  predecessorLimitMs?: number
}

const recordSuffix = '.grant'

/**
 * Opens the store, alone on this host and among those that share its directory: proves the key,
 * clears away what dead writers left, proves that the disk takes records.
 * @throws StoreLockedError, StoreUnreadableError, InsecureFileModeError; nothing is changed then
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { stateDirectory, key, predecessorLimitMs = 30_000 } = options
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 })
  requirePrivate(stateDirectory)
  requireSafeParents(stateDirectory)
  const predecessor = await waitForPredecessor(stateDirectory, predecessorLimitMs)
  const hostLock = new HostLock(stateDirectory)
  try {
    await hostLock.hold()
    const headers = readHeaders(stateDirectory)
    const masterKey = loadMasterKey(key, headers.length === 0)
    requireKeyOf(headers, masterKey)
    removeTemporaries(stateDirectory)
    proveWritable(stateDirectory)
    return new Store(options, masterKey, predecessor, hostLock)
  } catch (error) {
    await hostLock.close()
    predecessor.close()
    throw error
  }
}

/** Grants by account, each in a sealed file of its own. One process at a time holds it. */
export class Store {
  readonly #directory: string
  readonly #key: MasterKey
  readonly #lock: FileLock
  readonly #hostLock: HostLock
  readonly #unsaved: UnsavedGrants

  constructor(options: StoreOptions, key: MasterKey, lock: FileLock, hostLock: HostLock) {
    this.#directory = options.stateDirectory
    this.#key = key
    this.#lock = lock
    this.#hostLock = hostLock
    this.#unsaved = new UnsavedGrants((grant) => this.#write(grant), options.onDurable)
  }

  /** Which of these accounts have a record. */
  list(users: readonly string[]): StoredSummary[] {
    return users.flatMap((user) => this.#summary(user) ?? [])
  }

  /**
   * The newest grant of an account, undefined where there is none.
   * @throws StoreUnreadableError for a damaged record, StoreLockedError
   */
  async read(user: string): Promise<StoredGrant | undefined> {
    await this.#hostLock.hold()
    return this.#unsaved.find(user) ?? this.#read(user)
  }

  /**
   * Saves a grant in place of the account's older one. Where the disk refuses, the grant stays in
   * memory and is tried again until it is saved; `isDurable` is false then.
   * @throws StoreLockedError
   */
  async save(grant: StoredGrant): Promise<{ isDurable: boolean }> {
    await this.#hostLock.hold()
    return { isDurable: this.#unsaved.save(grant) }
  }

  /** Removes an account's record; false where there was none. @throws StoreLockedError */
  async remove(user: string): Promise<boolean> {
    await this.#hostLock.hold()
    this.#unsaved.drop(user)
    try {
      unlinkSync(this.#pathOf(user))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw unreadable(this.#pathOf(user), error)
    }
    syncDirectory(this.#directory)
    return true
  }

  /** Tries a last time to save what is unsaved, and lets go of the store. */
  async close(): Promise<void> {
    this.#unsaved.close()
    await this.#hostLock.close()
    this.#lock.close()
  }

  #summary(user: string): StoredSummary | undefined {
    try {
      const grant = this.#unsaved.find(user) ?? this.#read(user)
      return grant && { user, signedInAt: grant.signedInAt, refreshedAt: grant.refreshedAt }
    } catch (error) {
      if (!(error instanceof StoreUnreadableError)) throw error
      return { user, signedInAt: 0, refreshedAt: 0 }
    }
  }

  #read(user: string): StoredGrant | undefined {
    const path = this.#pathOf(user)
    const sealed = readFileSafely(path)
    if (sealed === undefined) return undefined
    const opened = open(user, sealed, this.#key)
    const grant = opened && decodeRecord(opened)
    if (grant?.user === user) return grant
    throw new StoreUnreadableError(`the record of "${user}" is damaged: "${path}"`, {
      hint: `bring it back from a backup, or run "cms-oauth login ${user}", which replaces it`,
    })
  }

  #write(grant: StoredGrant): void {
    const { user } = grant
    writeFileDurably(this.#pathOf(user), seal(user, encodeRecord(grant), this.#key))
  }

  #pathOf(user: string): string {
    return join(this.#directory, recordName(user))
  }
}

/** An address may hold characters that a file name must not: its hash names the file. */
function recordName(user: string): string {
  return createHash('sha256').update(user).digest('hex') + recordSuffix
}

/** A renewer whose daemon was killed finishes and seals its last job before the next one begins. */
async function waitForPredecessor(directory: string, limitMs: number): Promise<FileLock> {
  try {
    return await waitForFileLock(join(directory, 'renewer.lock'), AbortSignal.timeout(limitMs))
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw unreadable(directory, error)
    throw new StoreLockedError(`another renewer still works on the store "${directory}"`, {
      hint: 'it ends by itself; if it does not, look for a process "cms-oauth-renewer"',
    })
  }
}

function readHeaders(directory: string) {
  return readdirSync(directory)
    .filter((name) => name.endsWith(recordSuffix))
    .map((name) => ({
      name,
      header: readHeader(readFileSafely(join(directory, name)) ?? Buffer.of()),
    }))
}

function requireKeyOf(headers: ReturnType<typeof readHeaders>, key: MasterKey): void {
  const legible = headers.filter(({ header }) => header !== undefined)
  if (legible.length === 0) return
  if (legible.some(({ header }) => header?.keyId === key.id)) return
  throw new StoreUnreadableError(`the records are sealed with another key than "${key.id}"`, {
    hint: 'bring back the key that they were sealed with; nothing was changed',
  })
}

function removeTemporaries(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (isTemporary(name)) unlinkSync(join(directory, name))
  }
}

function proveWritable(directory: string): void {
  const probe = join(directory, 'probe')
  try {
    writeFileDurably(probe, Buffer.from('\n'))
    unlinkSync(probe)
  } catch (error) {
    // A full disk may have room again; until then tokens are served and `status` says so.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw unreadable(directory, error)
  }
}

function readFileSafely(path: string): Buffer | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      return readFileSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): StoreUnreadableError {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  return new StoreUnreadableError(`the store cannot be used: ${code} at "${path}"`, {
    hint: 'look at the disk, and at the owner and mode of the state directory',
    cause: error,
  })
}
