import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { StoreUnreadableError } from '../../../errors.ts'
import { removeFileDurably, writeFileDurably, type Writer } from '../../../files/durable-file.ts'
import { readFileIfThere } from '../../../files/read-file.ts'
import { explain } from '../../../files/system-error.ts'
import { openEnvelope, type RecordKind, sealEnvelope } from '../envelope.ts'
import type { MasterKey } from '../master-key.ts'
import { decodeRecord, encodeRecord, type StoredGrant } from '../record.ts'
import { tagOf } from '../tag.ts'
import { ReservedFile } from './reserved-file.ts'

const suffixes: Record<RecordKind, string> = { grant: '.grant', unconfirmed: '.unconfirmed' }
/** More than any record has been seen to take. */
const usualRoom = 16 * 1024

/** The name of an account's record: an address may hold characters that a file name must not. */
export function recordName(user: string, kind: RecordKind): string {
  return `${createHash('sha256').update(user).digest('hex')}${suffixes[kind]}`
}

/** True for the name of a sealed record. */
export function isRecordName(name: string): boolean {
  return Object.values(suffixes).some((suffix) => name.endsWith(suffix))
}

/** Room on the disk for the next version of a record. */
export interface ReservedRecord {
  /** Puts the grant in place of the older one, durably. @throws NodeJS.ErrnoException */
  write: (grant: StoredGrant) => void
  /** Gives the room back; does nothing once it was used. */
  release: () => void
}

/**
 * The bytes of a sealed record; undefined where there is none.
 * @throws StoreUnreadableError, InsecureFileModeError
 */
export function readSealed(path: string): Buffer | undefined {
  return readFileIfThere({
    path,
    what: 'record',
    kind: 'record',
    unreadable: StoreUnreadableError,
    hint: 'check the disk, and the directories above it',
  })?.bytes
}

/** A sealed file of one account. */
export class RecordFile {
  readonly #user: string
  readonly #kind: RecordKind
  readonly #path: string
  readonly #writer: Writer

  constructor(directory: string, user: string, kind: RecordKind = 'grant', writer?: Writer) {
    this.#user = user
    this.#kind = kind
    this.#path = join(directory, recordName(user, kind))
    this.#writer = writer ?? { tag: tagOf('') }
  }

  /** The grant in it; undefined where there is no file. @throws StoreUnreadableError, InsecureFileModeError */
  read(key: MasterKey): StoredGrant | undefined {
    const sealed = readSealed(this.#path)
    if (sealed === undefined) return undefined
    const opened = openEnvelope(this.#user, sealed, key, this.#kind)
    if ('defect' in opened) throw this.#unreadable(opened.defect)
    const grant = decodeRecord(opened.plaintext)
    if (grant?.user !== this.#user) throw this.#unreadable('its fields are not those of a grant')
    return grant
  }

  /** Puts the grant in place of the older one, durably. @throws NodeJS.ErrnoException */
  write(grant: StoredGrant, key: MasterKey): void {
    writeFileDurably(this.#path, this.#seal(grant, key), this.#writer)
  }

  /** Makes room for a version that is still to come. @throws NodeJS.ErrnoException */
  reserve(key: MasterKey): ReservedRecord {
    const present = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0
    const file = new ReservedFile(this.#path, Math.max(usualRoom, 2 * present), this.#writer)
    return {
      write: (grant) => file.write(this.#seal(grant, key)),
      release: () => file.release(),
    }
  }

  /** Removes it for good; false where there was none. @throws StoreUnreadableError */
  remove(): boolean {
    try {
      return removeFileDurably(this.#path, this.#writer.fs)
    } catch (error) {
      throw explain(this.#path, error)
    }
  }

  #seal(grant: StoredGrant, key: MasterKey): Buffer {
    return sealEnvelope(this.#user, encodeRecord(grant), key, this.#kind)
  }

  #unreadable(defect: string): StoreUnreadableError {
    const message = `the record of "${this.#user}" in "${this.#path}" cannot be read: ${defect}`
    return new StoreUnreadableError(message, {
      hint: `restore it from a backup, or run "cms-oauth login ${this.#user}", which replaces it`,
    })
  }
}
