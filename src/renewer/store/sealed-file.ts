import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isCmsOauthError, StoreUnreadableError } from '../../errors.ts'
import { removeFileDurably, writeFileDurably, type Writer } from '../../files/durable-file.ts'
import { readFileIfThere } from '../../files/read-file.ts'
import { explain } from '../../files/system-error.ts'
import { addressHashOf } from '../../sealing/address-hash.ts'
import type { HeldRecord, RecordKey } from './engine.ts'
import type { Revision } from './revision.ts'
import { addressOf, type RecordKind } from '../../sealing/envelope.ts'
import { ReservedFile } from './reserved-file.ts'

const suffixes: Record<RecordKind, string> = { grant: '.grant', unconfirmed: '.unconfirmed' }
const kinds = Object.keys(suffixes) as RecordKind[]
/** More than any record has been seen to take. */
const usualRoom = 16 * 1024

/** The name of an account's record. */
export function recordName({ user, kind }: RecordKey): string {
  return `${addressHashOf(user)}${suffixes[kind]}`
}

/** The records in a directory; of these users, or of everybody. @throws NodeJS.ErrnoException */
export function recordsIn(directory: string, users?: readonly string[]): HeldRecord[] {
  if (users === undefined) {
    return readdirSync(directory).flatMap((name) => {
      const kind = kinds.find((one) => name.endsWith(suffixes[one]))
      return kind === undefined ? [] : new HeldFile(directory, name, kind)
    })
  }
  return users.flatMap((user) =>
    kinds.flatMap((kind) => {
      const name = recordName({ user, kind })
      return isThere(join(directory, name)) ? new HeldFile(directory, name, kind) : []
    }),
  )
}

/** Also where nobody can tell: reading it says why. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}

/** One version of a file, read when it is first asked for. */
class HeldFile implements HeldRecord {
  readonly kind: RecordKind
  readonly place: string
  readonly addressHash: string
  #content: { bytes: Buffer | undefined } | { error: unknown } | undefined

  constructor(directory: string, name: string, kind: RecordKind) {
    this.kind = kind
    this.place = join(directory, name)
    this.addressHash = name.slice(0, -suffixes[kind].length)
  }

  /** Of a file that has the name of that address: a copy by another name is nobody's. */
  get user(): string | undefined {
    const bytes = this.#bytesIfReadable()
    const user = bytes && addressOf(bytes)
    return user !== undefined && addressHashOf(user) === this.addressHash ? user : undefined
  }

  get revision(): Revision {
    const content = this.#load()
    if ('error' in content) return 'unreadable'
    return content.bytes && createHash('sha256').update(content.bytes).digest('hex')
  }

  read(): Buffer | undefined {
    const content = this.#load()
    if ('error' in content) throw content.error
    return content.bytes
  }

  #bytesIfReadable(): Buffer | undefined {
    const content = this.#load()
    return 'error' in content ? undefined : content.bytes
  }

  #load() {
    this.#content ??= loaded(this.place)
    return this.#content
  }
}

function loaded(path: string): { bytes: Buffer | undefined } | { error: unknown } {
  try {
    const found = readFileIfThere({
      path,
      what: 'record',
      kind: 'record',
      unreadable: StoreUnreadableError,
      hint: 'check the disk, and the directories above it',
    })
    return { bytes: found?.bytes }
  } catch (error) {
    if (isCmsOauthError(error)) return { error }
    throw error
  }
}

/** The file of one record. */
export class SealedFile {
  readonly #directory: string
  readonly #name: string
  readonly #kind: RecordKind
  readonly #writer: Writer

  constructor(directory: string, key: RecordKey, writer: Writer) {
    this.#directory = directory
    this.#name = recordName(key)
    this.#kind = key.kind
    this.#writer = writer
  }

  /** What is there now. */
  held(): HeldRecord {
    return new HeldFile(this.#directory, this.#name, this.#kind)
  }

  /** Puts the bytes in place of the older ones, durably. @throws NodeJS.ErrnoException */
  write(sealed: Buffer): void {
    writeFileDurably(this.#path, sealed, this.#writer)
  }

  /** Makes room for a version that is still to come. @throws NodeJS.ErrnoException */
  reserve(): ReservedFile {
    const present = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0
    return new ReservedFile(this.#path, Math.max(usualRoom, 2 * present), this.#writer)
  }

  /** Removes it for good; false where there was none. @throws StoreUnreadableError */
  remove(): boolean {
    try {
      // A disk that is read-only refuses to remove even what is not there.
      if (lstatSync(this.#path, { throwIfNoEntry: false }) === undefined) return false
      return removeFileDurably(this.#path, this.#writer.fs)
    } catch (error) {
      throw explain(this.#path, error)
    }
  }

  get #path(): string {
    return join(this.#directory, this.#name)
  }
}
