import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StoreUnreadableError } from '../errors.ts'
import { type FileSystem, removeFileDurably, writeFileDurably } from './atomic-file.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import type { MasterKey } from './master-key.ts'
import { decodeRecord, encodeRecord, type StoredGrant } from './record.ts'
import { explain } from './system-error.ts'

const suffix = '.grant'

/** True for the name of a sealed record. */
export function isRecordName(name: string): boolean {
  return name.endsWith(suffix)
}

/** The bytes of a sealed record; undefined where there is none. @throws NodeJS.ErrnoException */
export function readSealed(path: string): Buffer | undefined {
  let fd
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** The sealed file of one account. */
export class RecordFile {
  readonly #user: string
  readonly #path: string
  readonly #fileSystem: FileSystem | undefined

  constructor(directory: string, user: string, fileSystem?: FileSystem) {
    // An address may hold characters that a file name must not: its hash names the file.
    const name = createHash('sha256').update(user).digest('hex')
    this.#user = user
    this.#path = join(directory, `${name}${suffix}`)
    this.#fileSystem = fileSystem
  }

  /** The grant in it; undefined where there is no file. @throws StoreUnreadableError */
  read(key: MasterKey): StoredGrant | undefined {
    const sealed = this.#readSealed()
    if (sealed === undefined) return undefined
    const opened = openEnvelope(this.#user, sealed, key)
    if ('defect' in opened) throw this.#unreadable(opened.defect)
    const grant = decodeRecord(opened.plaintext)
    if (grant?.user !== this.#user) throw this.#unreadable('its fields are not those of a grant')
    return grant
  }

  /** Puts the grant in place of the older one, durably. @throws NodeJS.ErrnoException */
  write(grant: StoredGrant, key: MasterKey): void {
    const sealed = sealEnvelope(this.#user, encodeRecord(grant), key)
    writeFileDurably(this.#path, sealed, this.#fileSystem)
  }

  /** Removes it for good; false where there was none. @throws StoreUnreadableError */
  remove(): boolean {
    try {
      return removeFileDurably(this.#path, this.#fileSystem)
    } catch (error) {
      throw explain(this.#path, error)
    }
  }

  #readSealed(): Buffer | undefined {
    try {
      return readSealed(this.#path)
    } catch (error) {
      throw explain(this.#path, error)
    }
  }

  #unreadable(defect: string): StoreUnreadableError {
    const message = `the record of "${this.#user}" in "${this.#path}" cannot be read: ${defect}`
    return new StoreUnreadableError(message, {
      hint: `bring it back from a backup, or run "cms-oauth login ${this.#user}", which replaces it`,
    })
  }
}
