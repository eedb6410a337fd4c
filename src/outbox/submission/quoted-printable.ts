const lineLimit = 76
const lineFeed = 10

/** What each byte becomes within a line. */
const written = Array.from({ length: 256 }, (_, byte) => {
  const isPlain = byte === 9 || (byte >= 32 && byte <= 126 && byte !== 61)
  return isPlain ? String.fromCharCode(byte) : hex(byte)
})

/** Lines that end with LF, in lines of at most 76 letters that end with CRLF: RFC 2045 section 6.7. */
export function encodeQuotedPrintable(body: Buffer): Buffer {
  const lines: string[] = []
  let line = ''
  for (const [at, byte] of body.entries()) {
    if (byte === lineFeed) {
      lines.push(line)
      line = ''
      continue
    }
    const isLast = at + 1 === body.length || body[at + 1] === lineFeed
    // A blank at the end of a line may be lost on the way.
    const piece = isLast && (byte === 9 || byte === 32) ? hex(byte) : (written[byte] ?? '')
    if (line.length + piece.length > lineLimit - (isLast ? 0 : 1)) {
      lines.push(`${line}=`)
      line = ''
    }
    line += piece
  }
  return Buffer.from([...lines, line].join('\r\n'), 'latin1')
}

function hex(byte: number): string {
  return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
