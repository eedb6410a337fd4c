import { join } from 'node:path'
import type { FileSystem, Writer } from '../../../files/durable-file.ts'
import { makeDirectoryOf } from '../../../files/file-access.ts'
import { proveWritable } from '../../../files/prove-writable.ts'
import { explain, isDiskTrouble } from '../../../files/system-error.ts'
import type { Attempt, Engine, HeldRecord, Outcome, RecordKey } from '../engine.ts'
import type { Revision } from '../revision.ts'
import { withoutRoom } from '../reservation.ts'
import type { ReservedFile } from '../reserved-file.ts'
import { recordsIn, SealedFile } from '../sealed-file.ts'
import { tagOf } from '../tag.ts'
import { type LockOptions, StoreLocks } from './store-locks.ts'

/** Where the files are, and how their locks are waited for. */
export interface FileEngineOptions extends LockOptions {
  fileSystem?: FileSystem
}

/**
 * Makes the state directory where it is missing, and proves that the disk takes files.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function openFileEngine(options: FileEngineOptions): FileEngine {
  const { stateDirectory } = options
  makeDirectoryOf({ path: join(stateDirectory, 'lock'), kind: 'storeLock' })
  proveWritable(stateDirectory)
  return new FileEngine(options)
}

/** The records in the state directory: a file each, under the locks of the issuer. */
export class FileEngine implements Engine {
  readonly #options: FileEngineOptions
  readonly #locks: StoreLocks

  constructor(options: FileEngineOptions) {
    this.#options = options
    this.#locks = new StoreLocks(options)
  }

  async list(users?: readonly string[]): Promise<HeldRecord[]> {
    return recordsIn(this.#options.stateDirectory, users)
  }

  begin(): Promise<void>
  begin(key: RecordKey): Promise<Attempt>
  async begin(key?: RecordKey): Promise<Attempt | void> {
    await this.#locks.hold()
    if (key === undefined) return undefined
    const reserved = this.#makeRoom(key)
    return {
      commit: (sealed, expected) => this.#write(key, expected, () => reserved.write(sealed)),
      giveBack: () => reserved.release(),
    }
  }

  put(key: RecordKey, sealed: Buffer, expected: Revision): Promise<Outcome> {
    return this.#write(key, expected, () => this.#file(key).write(sealed))
  }

  // Nothing is awaited before a file is changed: what the caller has just checked still holds then.
  async remove(key: RecordKey): Promise<boolean> {
    return this.#file(key).remove()
  }

  close(): Promise<void> {
    return this.#locks.close()
  }

  async #write(key: RecordKey, expected: Revision, write: () => void): Promise<Outcome> {
    if (this.#file(key).held().revision !== expected) return 'superseded'
    write()
    return 'durable'
  }

  #makeRoom(key: RecordKey): ReservedFile {
    const { stateDirectory } = this.#options
    try {
      return this.#file(key).reserve()
    } catch (error) {
      if (isDiskTrouble(error)) throw withoutRoom(stateDirectory, error.code)
      throw explain(stateDirectory, error)
    }
  }

  #file(key: RecordKey): SealedFile {
    return new SealedFile(this.#options.stateDirectory, key, this.#writer())
  }

  #writer(): Writer {
    const { issuer, fileSystem } = this.#options
    return { tag: tagOf(issuer()), ...(fileSystem === undefined ? {} : { fs: fileSystem }) }
  }
}
