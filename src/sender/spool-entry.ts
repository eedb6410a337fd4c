/**
 * An entry of a spool, `new/ID`: one line of JSON, then the message in CRLF, as it is sent. The sender
 * alone removes it, or takes away recipients that are done, while it holds `sender.lock`.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RequestInvalidError } from '../errors.ts'
import { removeFileDurably, writeFileDurably } from '../files/durable-file.ts'
import { parseJson } from '../oauth/json-object.ts'
import { fields, flag, listOf, number, optional, type Shape, text } from '../shapes/shape.ts'

/** The line of JSON. */
export interface EntryHead {
  v: number
  id: string
  /** When it was accepted, epoch ms. */
  at: number
  uid: number
  login: string
  /** Who is still to get it. */
  rcpt: string[]
  /** Of the message, in bytes. */
  size: number
  message_id: string
  /** By an API each gets a message of its own: all of them in one were refused. */
  alone?: boolean
}

/** An entry that was read. */
export interface SpoolEntry {
  head: EntryHead
  message: Buffer
}

const version = 1
const headShape: Shape<EntryHead> = fields<EntryHead>({
  v: number,
  id: text,
  at: number,
  uid: number,
  login: text,
  rcpt: listOf(text),
  size: number,
  message_id: text,
  alone: optional(flag),
})

/** The file of an entry. */
export function entryPath(spool: string, id: string): string {
  return join(spool, 'new', id)
}

/**
 * The entry; undefined where it is gone.
 * @throws RequestInvalidError where it is damaged, NodeJS.ErrnoException where it cannot be read
 */
export function readEntry(path: string): SpoolEntry | undefined {
  const bytes = readIfThere(path)
  if (bytes === undefined) return undefined
  const end = bytes.indexOf('\n')
  const head = parseJson(bytes.toString('utf8', 0, Math.max(0, end)))
  if (headShape(head) !== undefined) throw damaged(path, 'its first line is not as agreed')
  const entry = { head: head as EntryHead, message: bytes.subarray(end + 1) }
  if (entry.head.v !== version) throw damaged(path, `it has version ${entry.head.v}`)
  if (entry.head.size !== entry.message.length) throw damaged(path, 'it is not whole')
  return entry
}

/** Puts the recipients that are left in the place of all. @throws NodeJS.ErrnoException */
export function keepForRest(path: string, { head, message }: SpoolEntry): void {
  writeFileDurably(path, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), message]))
}

/** Removes the entry for good. @throws NodeJS.ErrnoException */
export function removeEntry(path: string): void {
  removeFileDurably(path)
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
