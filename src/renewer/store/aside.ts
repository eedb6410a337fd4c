import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isCmsOauthError } from '../../errors.ts'
import { requireDirectoryOf } from '../../files/file-access.ts'
import { isSystemError } from '../../files/system-error.ts'
import type { HeldRecord, RecordKey } from './engine.ts'
import type { ReservedFile } from './reserved-file.ts'
import { recordsIn, SealedFile } from './sealed-file.ts'
import { tagOf } from './tag.ts'

/**
 * Where a store in files puts aside: it outlives every process, but no reboot. Each store has a place of
 * its own there, since two of them may have accounts of the same name.
 */
export function runtimePlaceOf({
  stateDirectory,
  runtimeDirectory,
}: {
  stateDirectory: string
  runtimeDirectory?: string
}): string | undefined {
  return runtimeDirectory && join(runtimeDirectory, `store-${tagOf(stateDirectory)}`)
}

/** Where records are put that the engine refuses. */
export class Aside {
  readonly #directory: string | undefined
  readonly #tag: () => string

  /** Without a directory nothing can be put aside; the tag is that of the writer. */
  constructor(directory: string | undefined, tag: () => string) {
    this.#directory = directory
    this.#tag = tag
  }

  /** The directory, where it is there and closed to others: what is in it is ours. */
  get directory(): string | undefined {
    const directory = this.#directory
    if (directory === undefined) return undefined
    return attempted(() => {
      requirePrivate(directory)
      return directory
    })
  }

  /** What lies there. */
  list(users?: readonly string[]): HeldRecord[] {
    const { directory } = this
    return directory === undefined ? [] : recordsIn(directory, users)
  }

  /** Puts a record there; false where that is not possible either. */
  write(key: RecordKey, sealed: Buffer, reserved?: ReservedFile): boolean {
    if (reserved !== undefined && done(() => reserved.write(sealed))) return true
    return (
      this.#within((directory) => done(() => this.#file(directory, key).write(sealed))) === true
    )
  }

  /** Makes room for a record; undefined where there is none. */
  reserve(key: RecordKey): ReservedFile | undefined {
    return this.#within((directory) => this.#file(directory, key).reserve())
  }

  /** Removes a record; false where there was none. @throws StoreUnreadableError */
  remove(key: RecordKey): boolean {
    const directory = this.#directory
    return directory !== undefined && this.#file(directory, key).remove()
  }

  #within<T>(act: (directory: string) => T): T | undefined {
    const directory = this.#directory
    if (directory === undefined) return undefined
    return attempted(() => {
      makeDirectory(dirname(directory))
      makeDirectory(directory)
      requirePrivate(directory)
      return act(directory)
    })
  }

  #file(directory: string, key: RecordKey): SealedFile {
    return new SealedFile(directory, key, { tag: this.#tag() })
  }
}

function requirePrivate(directory: string): void {
  requireDirectoryOf({ path: join(directory, 'record'), kind: 'record' })
}

/** Not with the option "recursive": Node loops forever in it where nothing can be created. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Undefined where the system refused. */
function attempted<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (isSystemError(error) || isCmsOauthError(error)) return undefined
    throw error
  }
}

/** False where the system refused. */
function done(act: () => void): boolean {
  return (
    attempted(() => {
      act()
      return true
    }) === true
  )
}
