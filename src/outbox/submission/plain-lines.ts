/** Bodies by their bytes: whether a server takes them as they are, and their line ends. */

/** Longest lines of text: an API wraps what is longer than quoted-printable has it, SMTP refuses. */
export const lineLimits = { api: 76, smtp: 998 } as const

const lineFeed = 10

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
