/**
 * A message in the spool of an outbox: one line of JSON, then the message as it is sent, in CRLF. The outbox
 * writes it into `new/`; the sender removes it from there, or writes it again for those who are left.
 */
import { parseJsonAs } from '../shapes/parse-json-as.ts'
import { flag, listOf, number, oneOf, openFields, optional, text } from '../shapes/shape.ts'

/** How the listener of an outbox knows a caller who is not a user of this machine. */
export type CallerKind = 'password' | 'network'

/** The line of JSON. */
export interface EntryHead {
  /** Of this form: 1. */
  v: number
  id: string
  /** When it was accepted, epoch ms. */
  at: number
  uid: number
  login: string
  /** Absent: `login` is of `uid`. Else it is the name of a password, or an address, and `uid` is ours. */
  by?: CallerKind
  /** Who is still to get it. */
  rcpt: string[]
  /** Of the message, in bytes. */
  size: number
  message_id: string
  /** The account's address, if From has it: another account puts its own there. */
  from?: string
  /** By an API each gets a message of its own: all of them in one were refused. */
  alone?: boolean
  /** Of a digest: the names of the entries that it takes the place of. */
  holds?: string[]
  /** It was in a digest that was refused, and is not put into another one. */
  apart?: boolean
}

/** An entry that was read. */
export interface SpoolEntry {
  head: EntryHead
  message: Buffer
}

/**
 * The one version that this program writes and sends. It is raised for a field that decides how a message is sent: whoever
 * goes back to an earlier version passes over all others.
 */
export const entryVersion = 1

const headShape = openFields<EntryHead>({
  v: number,
  id: text,
  at: number,
  uid: number,
  login: text,
  by: optional(oneOf<CallerKind>(['password', 'network'])),
  rcpt: listOf(text),
  size: number,
  message_id: text,
  from: optional(text),
  alone: optional(flag),
  holds: optional(listOf(text)),
  apart: optional(flag),
})
const versionShape = openFields<Pick<EntryHead, 'v'>>({ v: number })

/** The first line of an entry of our version, of which the bytes are the beginning; undefined where it is not one. */
export function parseEntryHead(bytes: Buffer): EntryHead | undefined {
  const head = parseJsonAs(firstLineOf(bytes), headShape)
  return head?.v === entryVersion ? head : undefined
}

/** Of which other version an entry is; undefined: it is of ours, or not an entry. */
export function versionOfEntry(bytes: Buffer): number | undefined {
  const { v } = parseJsonAs(firstLineOf(bytes), versionShape) ?? {}
  return v === entryVersion ? undefined : v
}

function firstLineOf(bytes: Buffer): string {
  return bytes.toString('utf8', 0, Math.max(0, bytes.indexOf('\n')))
}

/** The entry as it is stored. */
export function encodeEntry(head: EntryHead, message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), message])
}
