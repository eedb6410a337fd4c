import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { isCmsOauthError } from '../../../errors.ts'
import type { Writer } from '../../../files/durable-file.ts'
import { requirePrivateDirectory } from '../../../files/safe-directory.ts'
import { isSystemError } from '../../../files/system-error.ts'
import type { RecordKind } from '../envelope.ts'
import type { MasterKey } from '../master-key.ts'
import type { StoredGrant } from '../record.ts'
import { RecordFile, type ReservedRecord } from './record-file.ts'

interface GrantFilesOptions {
  stateDirectory: string
  /** Takes what the state directory refuses; it outlives every process, but no reboot. */
  asideDirectory: string | undefined
  kind: RecordKind
  key: MasterKey
  /** Who writes now. */
  writer: () => Writer
}

/** The sealed grants of one kind: in the state directory, or aside while that takes no writes. */
export class GrantFiles {
  readonly #options: GrantFilesOptions

  constructor(options: GrantFilesOptions) {
    this.#options = options
  }

  /** The newest grant of an account; undefined where there is none. @throws StoreUnreadableError */
  read(user: string): StoredGrant | undefined {
    const aside = this.readAside(user)
    if (aside === undefined) return this.#stateFile(user).read(this.#options.key)
    const kept = ifReadable(() => this.#stateFile(user).read(this.#options.key))
    return kept !== undefined && kept.refreshedAt >= aside.refreshedAt ? kept : aside
  }

  /** The grant that had to be put aside; undefined where there is none that can be read. */
  readAside(user: string): StoredGrant | undefined {
    return ifReadable(() => this.#asideFile(user)?.read(this.#options.key))
  }

  /**
   * Puts the grant in place of the account's older one, durably, and removes what was put aside. A newer
   * sign-in at another issuer stays: it has a renewer of its own. @throws NodeJS.ErrnoException
   */
  write(grant: StoredGrant, room?: ReservedRecord): void {
    const { key } = this.#options
    const file = this.#stateFile(grant.user)
    if (
      isOvertaken(
        grant,
        ifReadable(() => file.read(key)),
      )
    )
      return
    if (room === undefined || !succeeds(() => room.write(grant))) file.write(grant, key)
    this.removeAside(grant.user)
  }

  /** Puts the grant aside; false where that takes no writes either. */
  writeAside(grant: StoredGrant, room?: ReservedRecord): boolean {
    if (room !== undefined && succeeds(() => room.write(grant))) return true
    return (
      this.#tryAside(() => {
        const file = this.#asideFile(grant.user)
        file?.write(grant, this.#options.key)
        return file
      }) !== undefined
    )
  }

  /** Makes room for the account's next grant. @throws NodeJS.ErrnoException */
  reserve(user: string): ReservedRecord {
    return this.#stateFile(user).reserve(this.#options.key)
  }

  /** Makes room for it aside; undefined where there is none. */
  reserveAside(user: string): ReservedRecord | undefined {
    return this.#tryAside(() => this.#asideFile(user)?.reserve(this.#options.key))
  }

  /** Removes an account's grant for good; false where there was none. @throws StoreUnreadableError */
  remove(user: string): boolean {
    const wasAside = this.#asideFile(user)?.remove() ?? false
    return this.#stateFile(user).remove() || wasAside
  }

  /** Removes what was put aside, or leaves it to be found older than what is in the state directory. */
  removeAside(user: string): void {
    ifReadable(() => this.#asideFile(user)?.remove())
  }

  #tryAside<T>(act: () => T): T | undefined {
    const { asideDirectory } = this.#options
    if (asideDirectory === undefined) return undefined
    let done: T | undefined
    succeeds(() => {
      makeDirectory(dirname(asideDirectory))
      makeDirectory(asideDirectory)
      requirePrivateDirectory(asideDirectory)
      done = act()
    })
    return done
  }

  #stateFile(user: string): RecordFile {
    const { stateDirectory, kind, writer } = this.#options
    return new RecordFile(stateDirectory, user, kind, writer())
  }

  #asideFile(user: string): RecordFile | undefined {
    const { asideDirectory, kind, writer } = this.#options
    return asideDirectory === undefined
      ? undefined
      : new RecordFile(asideDirectory, user, kind, { tag: writer().tag })
  }
}

/** Not with the option "recursive": Node loops forever in it where nothing can be created. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function isOvertaken(grant: StoredGrant, present: StoredGrant | undefined): boolean {
  return (
    present !== undefined &&
    present.issuer !== grant.issuer &&
    present.signedInAt > grant.signedInAt
  )
}

/** False where the system refused. */
function succeeds(act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (isSystemError(error) || isCmsOauthError(error)) return false
    throw error
  }
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isCmsOauthError(error)) return undefined
    throw error
  }
}
