/** What a sender does with an entry of a spool, while it holds the lock of that. */
import * as nodeFs from 'node:fs'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { RequestInvalidError } from '../errors.ts'
import { removeFileDurably, syncDirectory } from '../files/durable-file.ts'
import { encodeEntry, type EntryHead, entryVersion, parseEntryHead } from '../spool/entry.ts'
import { entryPath, placeInSpool, sentPath } from '../spool/spool-folders.ts'

/** An entry that was read. */
export interface SpoolEntry {
  head: EntryHead
  message: Buffer
}

/**
 * The entry; undefined where it is gone.
 * @throws RequestInvalidError where it is damaged, NodeJS.ErrnoException where it cannot be read
 */
export function readEntry(spool: string, id: string): SpoolEntry | undefined {
  const path = entryPath(spool, id)
  const bytes = readIfThere(path)
  if (bytes === undefined) return undefined
  const head = parseEntryHead(bytes)
  if (head === undefined) throw damaged(path, 'its first line is not as agreed')
  const message = bytes.subarray(bytes.indexOf('\n') + 1)
  if (head.id !== id) throw damaged(path, `it is a copy of "${head.id}"`)
  if (head.v !== entryVersion) throw damaged(path, `it has version ${head.v}`)
  if (head.size !== message.length) throw damaged(path, 'it is not whole')
  return { head, message }
}

/**
 * Puts the recipients that are left in the place of all; an entry that somebody deleted meanwhile does not
 * come back. @throws NodeJS.ErrnoException
 */
export function keepForRest(spool: string, { head, message }: SpoolEntry): void {
  const { id } = head
  if (statSync(entryPath(spool, id), { throwIfNoEntry: false }) === undefined) return
  placeInSpool(spool, { folder: 'new', id, writer: 'sender' }, encodeEntry(head, message))
}

/**
 * Removes the entry for good; its name is kept for those who did not hear yes, and ask again.
 * @throws NodeJS.ErrnoException
 */
export function removeEntry(spool: string, { head: { id } }: SpoolEntry): void {
  const [path, sent] = [entryPath(spool, id), sentPath(spool, id)]
  try {
    renameSync(path, sent)
  } catch {
    return void removeFileDurably(path)
  }
  syncDirectory(dirname(path), nodeFs)
  truncateSync(sent)
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

function damaged(path: string, what: string): RequestInvalidError {
  return new RequestInvalidError(`the message "${path}" cannot be sent: ${what}`, {
    hint: 'check the disk; what is left of the message is in failed/ of the spool',
  })
}
