/**
 * The folder of an outbox: `new/ID` waits, `failed/ID` was abandoned, `state/ID` says how the tries of it went;
 * of the others, and of who writes, see spool-folders.ts. A message is accepted when its bytes, and then its
 * name, are on the disk.
 */
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { syncDirectory, removeFileDurably } from '../../files/durable-file.ts'
import { isSystemError } from '../../files/system-error.ts'
import { removeQuietly } from '../../files/temporary-file.ts'
import { OutboxFullError } from '../../errors.ts'
import { lockFile } from '../../kernel/file-lock.ts'
import { encodeEntry, type EntryHead, parseEntryHead, type SpoolEntry } from '../../spool/entry.ts'
import {
  placeInSpool,
  placeUnsynced,
  retireEntry,
  senderLock,
  sentPath,
  spoolFolders,
  writerOfTemporary,
} from '../../spool/spool-folders.ts'
import { isEntryId } from './entry-id.ts'
import { type EntryState, parseState } from './entry-state.ts'
import { readBeginning } from './read-beginning.ts'
import { spoolRefusal } from './spool-refusal.ts'

/** Where an entry is. */
export type Place = 'new' | 'failed'

const entryFolders = ['new', 'taken', 'failed'] as const

/** An entry as it was found. */
export interface StoredEntry {
  place: Place
  head: EntryHead
  state: EntryState | undefined
  /** The first bytes of the message: its header, unless that is very long. */
  beginning: Buffer
}

/**
 * So much of a file system is left to others: a twentieth of a small one. Of a large one that share would
 * keep out the mail that says that the disk is nearly full.
 */
const freeShare = 0.05
const mostFreeBytes = 256 * 1_024 ** 2

/** Everything that the outbox itself does in its folder. Synchronous: one message after the other. */
export class Spool {
  readonly path: string
  readonly #fs: typeof nodeFs

  constructor(path: string, fs: typeof nodeFs = nodeFs) {
    this.path = path
    this.#fs = fs
  }

  /** Makes the folder, ours alone, and removes what those who were killed left. @throws NodeJS.ErrnoException */
  prepare(): void {
    for (const folder of spoolFolders) {
      this.#fs.mkdirSync(join(this.path, folder), { recursive: true, mode: 0o700 })
    }
    // One that lost its daemon may still be at work: what it writes stays.
    const lock = lockFile(senderLock(this.path))
    for (const name of this.#namesIn('tmp')) {
      if (lock === undefined && writerOfTemporary(name) === 'sender') continue
      removeQuietly(join(this.path, 'tmp', name), this.#fs)
    }
    lock?.close()
    const known = new Set(entryFolders.flatMap((folder) => this.#namesIn(folder)))
    for (const id of this.#namesIn('state')) if (!known.has(id)) this.forget(id)
  }

  /**
   * All entries that there are now and that are not known, the oldest first; what is not one is left alone. Each is read
   * when it is asked for: together the beginnings of many take gigabytes. @throws NodeJS.ErrnoException
   */
  *read(isKnown: (id: string) => boolean): Generator<StoredEntry, void> {
    const isUnknown = (name: string) => isEntryId(name) && !isKnown(name)
    const found = (['new', 'failed'] as const).map(
      (place) => [place, this.#namesIn(place).filter(isUnknown).toSorted()] as const,
    )
    for (const [place, ids] of found) {
      for (const id of ids) {
        const entry = this.find(place, id)
        if (entry !== undefined) yield entry
      }
    }
  }

  /**
   * Stores a message; its name may be lost until `syncNames`.
   * @throws OutboxFullError where the disk refuses it; nothing of it is left then
   */
  add(head: EntryHead, message: Buffer): void {
    const bytes = encodeEntry(head, message)
    try {
      this.#requireRoom(bytes.length)
      placeUnsynced(this.path, { folder: 'new', id: head.id, writer: 'outbox' }, bytes, this.#fs)
    } catch (error) {
      // It may have its name already: who is told no hands it over again.
      removeQuietly(this.#pathOf('new', head.id), this.#fs)
      throw this.refusal(error)
    }
  }

  /**
   * Makes what was added stay: whoever hears yes then may forget it.
   * @throws OutboxFullError where the disk refuses it; of those that are named nothing is left then
   */
  syncNames(added: readonly string[]): void {
    try {
      syncDirectory(join(this.path, 'new'), this.#fs)
    } catch (error) {
      // Who is told no hands it over again.
      for (const id of added) removeQuietly(this.#pathOf('new', id), this.#fs)
      throw this.refusal(error)
    }
  }

  /** Writes a file that nobody sees, and removes it. @throws OutboxFullError where no message can be stored */
  tryWriting(): void {
    const path = join(this.path, 'tmp', 'check')
    try {
      this.#requireRoom(0)
      this.#fs.writeFileSync(path, 'check', { mode: 0o600 })
    } catch (error) {
      throw this.refusal(error)
    } finally {
      removeQuietly(path, this.#fs)
    }
  }

  /** What its disk has for messages. @throws NodeJS.ErrnoException */
  freeBytes(): number {
    return Math.max(0, this.#roomLeft())
  }

  /** Remembers how the tries of an entry went; where that fails it is tried at once after a restart. */
  remember(id: string, state: EntryState): void {
    try {
      const bytes = Buffer.from(JSON.stringify(state))
      placeInSpool(this.path, { folder: 'state', id, writer: 'outbox' }, bytes, this.#fs)
    } catch (error) {
      if (!isSystemError(error)) throw error
    }
  }

  /** Moves an entry; false where it is not there. @throws NodeJS.ErrnoException */
  move(id: string, from: Place, to: Place): boolean {
    try {
      this.#fs.renameSync(this.#pathOf(from, id), this.#pathOf(to, id))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
    syncDirectory(join(this.path, to), this.#fs)
    return true
  }

  /** Removes an entry and what is remembered of it. @throws NodeJS.ErrnoException */
  remove(id: string, place: Place): void {
    removeFileDurably(this.#pathOf(place, id), this.#fs)
    this.forget(id)
  }

  /** Removes an entry that was sent, as the sender does, and what is remembered of it. @throws NodeJS.ErrnoException */
  retire(id: string): void {
    retireEntry(this.path, id)
    this.forget(id)
  }

  /** True where an entry that is gone was sent, lately. */
  wasSent(id: string): boolean {
    return this.#fs.existsSync(sentPath(this.path, id))
  }

  /** Drops that it was: it is to be sent again. */
  forgetSent(id: string): void {
    removeQuietly(sentPath(this.path, id), this.#fs)
  }

  /** Drops what is remembered of an entry that is gone. */
  forget(id: string): void {
    removeQuietly(this.#stateOf(id), this.#fs)
  }

  /** An entry as it is now; undefined where it is not there, or damaged. */
  find(place: Place, id: string): StoredEntry | undefined {
    const bytes = readBeginning(this.#pathOf(place, id), this.#fs)
    const head = bytes && parseEntryHead(bytes)
    if (bytes === undefined || head?.id !== id) return undefined
    const beginning = bytes.subarray(bytes.indexOf('\n') + 1)
    return { place, head, state: this.#readState(id), beginning }
  }

  /** The whole of an entry that waits; undefined where it is not there, or damaged. */
  readWhole(id: string): SpoolEntry | undefined {
    try {
      const bytes = this.#fs.readFileSync(this.#pathOf('new', id))
      const head = parseEntryHead(bytes)
      const message = bytes.subarray(bytes.indexOf('\n') + 1)
      return head?.id === id && head.size === message.length ? { head, message } : undefined
    } catch (error) {
      if (!isSystemError(error)) throw error
      return undefined
    }
  }

  #namesIn(folder: (typeof spoolFolders)[number]): string[] {
    return this.#fs.readdirSync(join(this.path, folder))
  }

  #readState(id: string): EntryState | undefined {
    try {
      return parseState(this.#fs.readFileSync(this.#stateOf(id), 'utf8'))
    } catch {
      return undefined
    }
  }

  /** What the kernel said, for whoever hands a message over; all else stays as it is. */
  refusal(error: unknown): unknown {
    return isSystemError(error) ? spoolRefusal(this.path, error, this.#fs) : error
  }

  /** What may still be written; below nothing where others have the rest already. */
  #roomLeft(): number {
    const { bavail, blocks, bsize } = this.#fs.statfsSync(this.path)
    return bavail * bsize - Math.min(blocks * bsize * freeShare, mostFreeBytes)
  }

  #requireRoom(bytes: number): void {
    if (this.#roomLeft() >= bytes) return
    throw new OutboxFullError(`the disk of the spool "${this.path}" is nearly full`, {
      hint: 'make room on it: some of it is left to others',
    })
  }

  #pathOf(place: Place, id: string): string {
    return join(this.path, place, id)
  }

  #stateOf(id: string): string {
    return join(this.path, 'state', id)
  }
}
