/**
 * Bodies in a form that every way takes: ASCII, in lines that are short enough. What is signed or encrypted
 * is left as it is, and so is what is quoted-printable or base64 already.
 */
import { contentTypeOf, transferEncodingOf } from './content-type.ts'
import { formatKept } from './kept-fields.ts'
import { encodeQuotedPrintable } from './quoted-printable.ts'
import { type Field, splitHeader } from './split-message.ts'

/** A header with its body. */
export interface Entity {
  fields: Field[]
  /** In LF before it is encoded, in CRLF after. */
  body: Buffer
}

/** Longest lines of text: an API wraps what is longer than quoted-printable has it, SMTP refuses. */
export const lineLimits = { api: 76, smtp: 998 } as const

const depthLimit = 10
const lineFeed = 10

/** The entity as it can be sent; `textLimit` is the longest line of text. */
export function encodeEntity(entity: Entity, textLimit: number, depth = 0): Entity {
  const { fields, body } = entity
  const { type, boundary } = contentTypeOf(fields)
  const isSealed = type === 'multipart/signed' || type === 'multipart/encrypted'
  if (isSealed || depth > depthLimit) return { fields, body: withNetworkLineEnds(body) }
  if (type.startsWith('multipart/') && boundary !== undefined) {
    const encoded = encodeParts(body, boundary, (part) => encodePart(part, textLimit, depth + 1))
    return { fields: withoutPromise(fields, encoded), body: encoded }
  }
  if (type === 'message/rfc822' || type === 'message/global') {
    const encoded = encodePart(body, textLimit, depth + 1)
    return { fields: withoutPromise(fields, encoded), body: encoded }
  }
  const isDone = ['quoted-printable', 'base64'].includes(transferEncodingOf(fields))
  const limit = type.startsWith('text/') ? textLimit : lineLimits.smtp
  if (isDone || isPlain(body, limit)) return { fields, body: withNetworkLineEnds(body) }
  return {
    fields: [...without(fields), { name: encodingField, value: 'quoted-printable' }],
    body: encodeQuotedPrintable(body),
  }
}

const encodingField = 'Content-Transfer-Encoding'

function without(fields: Field[]): Field[] {
  const others = fields.filter(({ name }) => name.toLowerCase() !== encodingField.toLowerCase())
  return others.length === fields.length ? fields : others
}

/** A whole that said 8bit for the sake of its parts says nothing any more. */
function withoutPromise(fields: Field[], body: Buffer): Field[] {
  return isPlain(body, Number.POSITIVE_INFINITY) ? without(fields) : fields
}

function encodePart(part: Buffer, textLimit: number, depth: number): Buffer {
  const split = splitHeader(part)
  const encoded = encodeEntity(split, textLimit, depth)
  const header = split.whole.subarray(0, split.whole.length - split.body.length)
  if (encoded.fields === split.fields && isPlain(header, lineLimits.smtp)) {
    return Buffer.concat([withNetworkLineEnds(header), encoded.body])
  }
  const lines = encoded.fields.map(formatKept)
  return Buffer.concat([Buffer.from(`${lines.join('')}\r\n`), encoded.body])
}

/** Each part between two boundaries through `encode`; what is before, between and after stays. */
function encodeParts(body: Buffer, boundary: string, encode: (part: Buffer) => Buffer): Buffer {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  const pieces: Buffer[] = []
  let start: number | undefined
  let kept = 0
  for (let at = lineStart(body, delimiter, 0); at !== -1;) {
    const end = body.indexOf(lineFeed, at)
    const next = end === -1 ? body.length : end + 1
    const isClose =
      body.toString('latin1', at + delimiter.length, at + delimiter.length + 2) === '--'
    if (start !== undefined) {
      // The line end before a delimiter is the delimiter's.
      pieces.push(encode(body.subarray(start, Math.max(start, at - 1))))
      pieces.push(at > start ? Buffer.from('\r\n') : Buffer.alloc(0))
      kept = at
    }
    pieces.push(withNetworkLineEnds(body.subarray(kept, next)))
    kept = next
    start = isClose ? undefined : next
    at = isClose ? -1 : lineStart(body, delimiter, next)
  }
  if (start !== undefined) pieces.push(encode(body.subarray(start)))
  else pieces.push(withNetworkLineEnds(body.subarray(kept)))
  return Buffer.concat(pieces)
}

/** Where the next line begins with these bytes and has nothing else but `--` and blanks; or -1. */
function lineStart(body: Buffer, delimiter: Buffer, from: number): number {
  for (let at = body.indexOf(delimiter, from); at !== -1; at = body.indexOf(delimiter, at + 1)) {
    const isStart = at === 0 || body[at - 1] === lineFeed
    const end = at + delimiter.length
    if (isStart && /^(?:--)?[ \t]*(?:\n|$)/.test(body.toString('latin1', end, end + 40))) return at
  }
  return -1
}

/** True for ASCII in lines that are no longer than that. */
export function isPlain(body: Buffer, limit: number): boolean {
  let length = 0
  for (const byte of body) {
    if (byte > 127) return false
    length = byte === lineFeed ? 0 : length + 1
    if (length > limit) return false
  }
  return true
}

/** CRLF for LF. */
export function withNetworkLineEnds(body: Buffer): Buffer {
  let count = 0
  for (let at = body.indexOf(lineFeed); at !== -1; at = body.indexOf(lineFeed, at + 1)) count++
  if (count === 0) return body
  const lines = Buffer.allocUnsafe(body.length + count)
  let length = 0
  for (const byte of body) {
    if (byte === lineFeed) lines[length++] = 13
    lines[length++] = byte
  }
  return lines
}
