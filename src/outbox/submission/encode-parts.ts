import { isPlain, lineLimits, withNetworkLineEnds } from './plain-lines.ts'

const lineFeed = 10

/**
 * Each part between two boundaries through `encode`, with what is before and after them; undefined where there is
 * no part.
 */
export function encodeParts(
  body: Buffer,
  boundary: string,
  encode: (part: Buffer) => Buffer,
): Buffer | undefined {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  const pieces: Buffer[] = []
  let start: number | undefined
  let kept = 0
  let at = lineStart(body, delimiter, 0)
  if (at === -1) return undefined
  while (at !== -1) {
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
    pieces.push(unread(body.subarray(kept, at)), withNetworkLineEnds(body.subarray(at, next)))
    kept = next
    start = isClose ? undefined : next
    at = isClose ? -1 : lineStart(body, delimiter, next)
  }
  if (start !== undefined) pieces.push(encode(body.subarray(start)))
  else pieces.push(unread(body.subarray(kept)))
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

/** What no program shows (RFC 2046 section 5.1.1) goes as it is, or not at all. */
function unread(text: Buffer): Buffer {
  return isPlain(text, lineLimits.smtp) ? withNetworkLineEnds(text) : Buffer.alloc(0)
}
