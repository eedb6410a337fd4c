/**
 * How a digest takes the place of the messages that it holds, under the lock of the sender: each of them goes
 * from `new/` to `taken/`, where nobody sends it; then the digest gets its place in `new/`; then they go from
 * `taken/`. Whoever is killed in between, or loses power, leaves what tells how to go on: where the digest
 * has its place they go, and else they go back. One that was refused is taken apart the same way, from its end:
 * what it holds is written to `taken/`, and goes back once the digest has lost its place. A digest has hundreds: what
 * else the process does has its turn between the steps.
 */
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { type FileSystem, removeFileDurably, syncDirectory } from '../../files/durable-file.ts'
import { removeQuietly } from '../../files/temporary-file.ts'
import { encodeEntry, type EntryHead, parseEntryHead, type SpoolEntry } from '../../spool/entry.ts'
import {
  entryPath,
  markSent,
  placePrepared,
  placeUnsynced,
  prepareInSpool,
  removePrepared,
  sentPath,
} from '../../spool/spool-folders.ts'
import { isDigest, isEntryId } from './entry-id.ts'
import type { InSteps } from './in-steps.ts'
import { readBeginning } from './read-beginning.ts'

/** The system calls that it is made of; a test puts faults in their place. */
export type DigestFileSystem = FileSystem & typeof nodeFs

/** What was done about the messages of digests. */
export interface FinishedDigests {
  /** All that a digest of the spool holds; with its name. */
  held: Map<string, string>
  /** Of these, those that went just now. */
  retired: string[]
  /** Marks of `sent/` that still have the bytes of their messages: see `emptyMarks`. */
  marked: string[]
  /** Those that wait again. */
  returned: string[]
}

/**
 * Takes the messages that a digest holds, and gives it its place; `finishDigests` does the rest, also where this fails.
 * @throws NodeJS.ErrnoException
 */
export function* placeDigest(
  spool: string,
  head: EntryHead & { holds: string[] },
  message: Buffer,
  fs: DigestFileSystem = nodeFs,
): InSteps<void> {
  const place = { folder: 'new', id: head.id, writer: 'outbox' } as const
  prepareInSpool(spool, place, encodeEntry(head, message), fs)
  try {
    yield* moveAll(spool, head.holds, ['new', 'taken'], fs)
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
export function* replaceDigest(
  spool: string,
  digest: string,
  held: readonly SpoolEntry[],
  fs: DigestFileSystem = nodeFs,
): InSteps<void> {
  for (const { head, message } of held) {
    const place = { folder: 'taken', id: head.id, writer: 'outbox' } as const
    placeUnsynced(spool, place, encodeEntry(head, message), fs)
    yield
  }
  syncDirectory(join(spool, 'taken'), fs)
  // What waits and was sent counts as back from a backup.
  for (const { head } of held) {
    removeIfThere(sentPath(spool, head.id), fs)
    yield
  }
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
export function* finishDigests(
  spool: string,
  fs: DigestFileSystem = nodeFs,
): InSteps<FinishedDigests> {
  const waiting = namesIn(spool, 'new', fs)
  const taken = namesIn(spool, 'taken', fs)
  const holders = yield* holdersIn(spool, 'new', waiting, fs)
  // One that was abandoned meanwhile can only have come from a backup.
  if (taken.length > 0) {
    const failed = yield* holdersIn(spool, 'failed', namesIn(spool, 'failed', fs), fs)
    for (const [id, digest] of failed) holders.set(id, digest)
  }
  const isHeld = (id: string) => holders.has(id)
  // Whoever was killed may not have synced the place of the digest.
  if ([...taken, ...waiting].some(isHeld)) syncDirectory(join(spool, 'new'), fs)
  const retired: string[] = []
  const marked: string[] = []
  // A power cut may leave a message where it was before it was taken.
  for (const [folder, names] of [
    ['taken', taken],
    ['new', waiting],
  ] as const) {
    const held = names.filter(isHeld)
    if (held.length > 0) marked.push(...(yield* retireAll(spool, folder, held, fs)))
    retired.push(...held)
  }
  const returned = taken.filter((id) => !isHeld(id))
  if (returned.length > 0) yield* moveAll(spool, returned, ['taken', 'new'], fs)
  return { held: holders, retired, marked, returned }
}

/** Those of which a mark was left, with their bytes in it. */
function* retireAll(
  spool: string,
  folder: 'new' | 'taken',
  ids: readonly string[],
  fs: DigestFileSystem,
): InSteps<string[]> {
  const marked: string[] = []
  for (const id of ids) {
    if (markSent(spool, folder, id, fs)) marked.push(id)
    yield
  }
  syncDirectory(join(spool, folder), fs)
  return marked
}

/** The messages that digests in a folder hold, each with the name of its digest. */
function* holdersIn(
  spool: string,
  folder: 'new' | 'failed',
  names: readonly string[],
  fs: DigestFileSystem,
): InSteps<Map<string, string>> {
  const holders = new Map<string, string>()
  for (const digest of names.filter(isDigest)) {
    const bytes = readBeginning(join(spool, folder, digest), fs)
    const { holds = [] } = (bytes && parseEntryHead(bytes)) ?? {}
    for (const id of holds.filter(isEntryId)) holders.set(id, digest)
    yield
  }
  return holders
}

function* moveAll(
  spool: string,
  ids: readonly string[],
  [from, to]: ['new' | 'taken', 'new' | 'taken'],
  fs: DigestFileSystem,
): InSteps<void> {
  for (const id of ids) {
    fs.renameSync(join(spool, from, id), join(spool, to, id))
    yield
  }
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
