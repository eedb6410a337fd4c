/**
 * The folders of a spool, and whose file is whose. All that is being written is in `tmp/`, under a name that
 * says who writes it, and gets its place by a rename: what is in the other folders is whole.
 */
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import {
  type FileSystem,
  placeFile,
  prepareFile,
  removeFileDurably,
  syncDirectory,
} from '../files/durable-file.ts'
import { removeQuietly } from '../files/temporary-file.ts'

/**
 * `sent/ID` is empty: it says for a while what a caller need not hand over again. `taken/ID` is of a digest that is
 * being made, or taken apart, and nobody sends it.
 */
export const spoolFolders = ['tmp', 'new', 'taken', 'failed', 'state', 'sent'] as const

/** Where the spools are, each by the name of its [[outbox]]. */
export function spoolsDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'outbox')
}

/** Who writes into the spool: the outbox, or the sender while it holds the lock. */
export type SpoolWriter = 'outbox' | 'sender'

const markOfSender = '.rest'

/** Held by the one sender that works in the spool. */
export function senderLock(spool: string): string {
  return join(spool, 'sender.lock')
}

/** The file of an entry that waits. */
export function entryPath(spool: string, id: string): string {
  return join(spool, 'new', id)
}

/** True where that is there, whatever it is. @throws NodeJS.ErrnoException */
export function isWaiting(spool: string, id: string): boolean {
  return nodeFs.lstatSync(entryPath(spool, id), { throwIfNoEntry: false }) !== undefined
}

/** The file that is left of one that was sent. */
export function sentPath(spool: string, id: string): string {
  return join(spool, 'sent', id)
}

/**
 * Removes an entry that was sent; its name is kept for those who did not hear yes, and ask again.
 * @throws NodeJS.ErrnoException
 */
export function retireEntry(spool: string, id: string): void {
  const isMarked = markSent(spool, 'new', id)
  syncDirectory(join(spool, 'new'), nodeFs)
  if (isMarked) nodeFs.truncateSync(sentPath(spool, id))
}

/**
 * Makes an entry of a folder, which is to be synced, the mark that it was sent, with its bytes in it. False where there is
 * no room for a mark, and it is just removed. @throws NodeJS.ErrnoException
 */
export function markSent(
  spool: string,
  folder: 'new' | 'taken',
  id: string,
  fs: FileSystem = nodeFs,
): boolean {
  const path = join(spool, folder, id)
  try {
    fs.renameSync(path, sentPath(spool, id))
    return true
  } catch {
    removeFileDurably(path, fs)
    return false
  }
}

/** Who was writing a file of `tmp/`. */
export function writerOfTemporary(name: string): SpoolWriter {
  return name.endsWith(markOfSender) ? 'sender' : 'outbox'
}

/** Where a file of the spool gets, and whose it is. */
interface SpoolPlace {
  folder: 'new' | 'taken' | 'state'
  id: string
  writer: SpoolWriter
}

/** Puts a file into a folder of the spool, whole or not at all. @throws NodeJS.ErrnoException */
export function placeInSpool(
  spool: string,
  place: SpoolPlace,
  bytes: Buffer,
  fs: FileSystem = nodeFs,
): void {
  placeUnsynced(spool, place, bytes, fs)
  syncDirectory(join(spool, place.folder), fs)
}

/** The same, but a power cut may take its name until the folder is synced. @throws NodeJS.ErrnoException */
export function placeUnsynced(
  spool: string,
  place: SpoolPlace,
  bytes: Buffer,
  fs: FileSystem,
): void {
  const temporary = temporaryOf(spool, place)
  // One of the same writer, who was killed.
  removeQuietly(temporary, fs)
  placeFile(temporary, join(spool, place.folder, place.id), bytes, fs)
}

/** Has the bytes on the disk, under the name of what is being written. @throws NodeJS.ErrnoException */
export function prepareInSpool(
  spool: string,
  place: SpoolPlace,
  bytes: Buffer,
  fs: FileSystem = nodeFs,
): void {
  const temporary = temporaryOf(spool, place)
  removeQuietly(temporary, fs)
  prepareFile(temporary, bytes, fs)
}

/** Puts what was prepared into its folder. @throws NodeJS.ErrnoException */
export function placePrepared(spool: string, place: SpoolPlace, fs: FileSystem = nodeFs): void {
  fs.renameSync(temporaryOf(spool, place), join(spool, place.folder, place.id))
  syncDirectory(join(spool, place.folder), fs)
}

/** Removes what was prepared. */
export function removePrepared(spool: string, place: SpoolPlace, fs: FileSystem = nodeFs): void {
  removeQuietly(temporaryOf(spool, place), fs)
}

function temporaryOf(spool: string, { folder, id, writer }: SpoolPlace): string {
  return join(spool, 'tmp', `${id}.${folder}${writer === 'sender' ? markOfSender : ''}`)
}
