/**
 * A message in the spool of an outbox: one line of JSON, then the message as it is sent, in CRLF. The outbox
 * writes it into `new/`; the sender removes it from there, or writes it again for those who are left.
 */
import { fields, flag, listOf, number, optional, text } from '../shapes/shape.ts'

/** The line of JSON. */
export interface EntryHead {
  /** Of this form: 1. */
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

/** The one version that this program writes and sends. */
export const entryVersion = 1

const headShape = fields<EntryHead>({
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

/** The first line of an entry, of which the bytes are the beginning; undefined where it is not one. */
export function parseEntryHead(bytes: Buffer): EntryHead | undefined {
  try {
    const head: unknown = JSON.parse(bytes.toString('utf8', 0, Math.max(0, bytes.indexOf('\n'))))
    return headShape(head) === undefined ? (head as EntryHead) : undefined
  } catch {
    return undefined
  }
}

/** The entry as it is stored. */
export function encodeEntry(head: EntryHead, message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), message])
}
