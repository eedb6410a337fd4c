/** What a sender does with an entry of a spool, while it holds the lock of that. */
import { accessSync, closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RequestInvalidError } from '../errors.ts'
import {
  encodeEntry,
  type EntryHead,
  parseEntryHead,
  type SpoolEntry,
  versionOfEntry,
} from '../spool/entry.ts'
import {
  entryPath,
  isWaiting,
  placePrepared,
  prepareInSpool,
  removePrepared,
} from '../spool/spool-folders.ts'

/**
 * The entry; undefined where it is gone.
 * @throws RequestInvalidError where it is damaged, NodeJS.ErrnoException where it cannot be read
 */
export function readEntry(spool: string, id: string): SpoolEntry | undefined {
  const path = entryPath(spool, id)
  const bytes = readIfThere(path)
  if (bytes === undefined) return undefined
  const head = parseEntryHead(bytes)
  if (head === undefined) throw notOurs(path, id, bytes)
  const message = bytes.subarray(bytes.indexOf('\n') + 1)
  if (head.id !== id) throw damaged(path, `it is a copy of "${head.id}"`)
  if (head.size !== message.length) throw damaged(path, 'it is not whole')
  return { head, message }
}

/**
 * What is sent must be removed: where the disk has become read-only, or belongs to somebody else, nothing is.
 * @throws NodeJS.ErrnoException
 */
export function requireChangeable(spool: string): void {
  for (const folder of ['new', 'tmp'])
    accessSync(join(spool, folder), constants.W_OK | constants.X_OK)
}

/** Puts the recipients that are left in the place of all. @throws NodeJS.ErrnoException */
export function keepForRest(spool: string, entry: SpoolEntry): void {
  prepareRest(spool, entry)
  placeRest(spool, entry)
}

/** Has the entry of those that are left on the disk, without its place. @throws NodeJS.ErrnoException */
export function prepareRest(spool: string, { head, message }: SpoolEntry): void {
  prepareInSpool(spool, placeOf(head), encodeEntry(head, message))
}

/**
 * Gives what was prepared its place; an entry that somebody deleted meanwhile does not come back.
 * @throws NodeJS.ErrnoException
 */
export function placeRest(spool: string, { head }: SpoolEntry): void {
  if (isWaiting(spool, head.id)) placePrepared(spool, placeOf(head))
  else removePrepared(spool, placeOf(head))
}

/** Removes what was prepared. */
export function removeRest(spool: string, { head }: SpoolEntry): void {
  removePrepared(spool, placeOf(head))
}

function placeOf({ id }: EntryHead) {
  return { folder: 'new', id, writer: 'sender' } as const
}

function readIfThere(path: string): Buffer | undefined {
  const fd = openIfThere(path)
  if (fd === undefined) return undefined
  try {
    if (!fstatSync(fd).isFile()) throw damaged(path, 'it is not a file')
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function notOurs(path: string, id: string, bytes: Buffer): RequestInvalidError {
  const version = versionOfEntry(bytes)
  if (version === undefined) return damaged(path, 'its first line is not as agreed')
  return new RequestInvalidError(
    `the message "${path}" cannot be sent: it has version ${version}`,
    {
      hint: `install the version of cms-oauth that wrote it, then run "cms-oauth outbox retry ${id}"`,
    },
  )
}

function damaged(path: string, what: string): RequestInvalidError {
  return new RequestInvalidError(`the message "${path}" cannot be sent: ${what}`, {
    hint: 'check the disk; what is left of the message is in failed/ of the spool',
  })
}
