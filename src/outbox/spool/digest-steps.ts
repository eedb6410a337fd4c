/**
 * How a digest takes the place of the messages that it holds, under the lock of the sender: each of them goes
 * from `new/` to `taken/`, where nobody sends it; then the digest gets its place in `new/`; then they go from
 * `taken/`. Whoever is killed in between, or loses power, leaves what tells how to go on: where the digest
 * has its place they go, and else they go back. One that was refused is taken apart the same way, from its end:
 * what it holds is written to `taken/`, and goes back once the digest has lost its place.
 */
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { type FileSystem, removeFileDurably, syncDirectory } from '../../files/durable-file.ts'
import { removeQuietly } from '../../files/temporary-file.ts'
import { encodeEntry, type EntryHead, parseEntryHead, type SpoolEntry } from '../../spool/entry.ts'
import {
  entryPath,
  placePrepared,
  placeUnsynced,
  prepareInSpool,
  removePrepared,
  retireEntries,
  sentPath,
} from '../../spool/spool-folders.ts'
import { isDigest, isEntryId } from './entry-id.ts'
import { readBeginning } from './read-beginning.ts'

/** The system calls that it is made of; a test puts faults in their place. */
export type DigestFileSystem = FileSystem & typeof nodeFs

/** What was done about the messages of digests. */
export interface FinishedDigests {
  /** All that a digest of the spool holds; with its name. */
  held: Map<string, string>
  /** Of these, those that went just now. */
  retired: string[]
  /** Those that wait again. */
  returned: string[]
}

/**
 * Takes the messages that a digest holds, and gives it its place; `finishDigests` does the rest, also where this fails.
 * @throws NodeJS.ErrnoException
 */
export function placeDigest(
  spool: string,
  head: EntryHead & { holds: string[] },
  message: Buffer,
  fs: DigestFileSystem = nodeFs,
): void {
  const place = { folder: 'new', id: head.id, writer: 'outbox' } as const
  prepareInSpool(spool, place, encodeEntry(head, message), fs)
  try {
    moveAll(spool, head.holds, ['new', 'taken'], fs)
    placePrepared(spool, place, fs)
  } catch (error) {
    // It may have its place already, which a power cut could take from it again.
    removeQuietly(join(spool, 'new', head.id), fs)
    removePrepared(spool, place, fs)
    throw error
  }
}

/**
 * Takes the place from a digest for what it holds; `finishDigests` does the rest, also where this fails.
 * @throws NodeJS.ErrnoException
 */
export function replaceDigest(
  spool: string,
  digest: string,
  held: readonly SpoolEntry[],
  fs: DigestFileSystem = nodeFs,
): void {
  for (const { head, message } of held) {
    const place = { folder: 'taken', id: head.id, writer: 'outbox' } as const
    placeUnsynced(spool, place, encodeEntry(head, message), fs)
  }
  syncDirectory(join(spool, 'taken'), fs)
  // What waits and was sent counts as back from a backup.
  for (const { head } of held) removeIfThere(sentPath(spool, head.id), fs)
  syncDirectory(join(spool, 'sent'), fs)
  removeFileDurably(entryPath(spool, digest), fs)
}

function removeIfThere(path: string, fs: DigestFileSystem): void {
  try {
    fs.unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/**
 * Ends what was begun: what a digest holds goes, and what was taken for one that has no place goes back.
 * @throws NodeJS.ErrnoException: it is to be done again before anything is sent
 */
export function finishDigests(spool: string, fs: DigestFileSystem = nodeFs): FinishedDigests {
  const waiting = namesIn(spool, 'new', fs)
  const taken = namesIn(spool, 'taken', fs)
  const holders = holdersIn(spool, 'new', waiting, fs)
  // One that was abandoned meanwhile can only have come from a backup.
  if (taken.length > 0) {
    const failed = holdersIn(spool, 'failed', namesIn(spool, 'failed', fs), fs)
    for (const [id, digest] of failed) holders.set(id, digest)
  }
  const isHeld = (id: string) => holders.has(id)
  // Whoever was killed may not have synced the place of the digest.
  if ([...taken, ...waiting].some(isHeld)) syncDirectory(join(spool, 'new'), fs)
  const retired: string[] = []
  // A power cut may leave a message where it was before it was taken.
  for (const [folder, names] of [
    ['taken', taken],
    ['new', waiting],
  ] as const) {
    const held = names.filter(isHeld)
    if (held.length > 0) retireEntries(spool, folder, held, fs)
    retired.push(...held)
  }
  const returned = taken.filter((id) => !isHeld(id))
  if (returned.length > 0) moveAll(spool, returned, ['taken', 'new'], fs)
  return { held: holders, retired, returned }
}

/** The messages that digests in a folder hold, each with the name of its digest. */
function holdersIn(
  spool: string,
  folder: 'new' | 'failed',
  names: readonly string[],
  fs: DigestFileSystem,
): Map<string, string> {
  const holders = new Map<string, string>()
  for (const digest of names.filter(isDigest)) {
    const bytes = readBeginning(join(spool, folder, digest), fs)
    const { holds = [] } = (bytes && parseEntryHead(bytes)) ?? {}
    for (const id of holds.filter(isEntryId)) holders.set(id, digest)
  }
  return holders
}

function moveAll(
  spool: string,
  ids: readonly string[],
  [from, to]: ['new' | 'taken', 'new' | 'taken'],
  fs: DigestFileSystem,
): void {
  for (const id of ids) fs.renameSync(join(spool, from, id), join(spool, to, id))
  // First where they are, so that a power cut leaves them in both rather than in none.
  for (const folder of [to, from]) syncDirectory(join(spool, folder), fs)
}

/** Those that wait in nobody's queue until it is finished. @throws NodeJS.ErrnoException */
export function takenIds(spool: string): string[] {
  return namesIn(spool, 'taken', nodeFs)
}

function namesIn(spool: string, folder: string, fs: DigestFileSystem): string[] {
  return fs.readdirSync(join(spool, folder)).filter(isEntryId)
}
