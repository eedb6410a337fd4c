import type { EntryHead } from '../../messages/spool-entry.ts'
import { anything, fields, listOf, number, optional, text } from '../../shapes/shape.ts'

const headShape = fields<Omit<EntryHead, 'v'> & { v: unknown; alone?: unknown }>({
  v: anything,
  id: text,
  at: number,
  uid: number,
  login: text,
  rcpt: listOf(text),
  size: number,
  message_id: text,
  alone: optional(anything),
})

/** The first line of an entry; undefined where it is not one. */
export function parseHead(bytes: Buffer): EntryHead | undefined {
  try {
    const head: unknown = JSON.parse(bytes.toString('utf8', 0, bytes.indexOf('\n')))
    return headShape(head) === undefined ? (head as EntryHead) : undefined
  } catch {
    return undefined
  }
}
