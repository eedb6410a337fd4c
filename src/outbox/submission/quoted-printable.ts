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

/** Text that is quoted-printable already, with lines and letters that RFC 2045 does not know in it. */
export function wrapQuotedPrintable(body: Buffer): Buffer {
  const lines = body.toString('latin1').split('\n').map(wrapLine)
  return Buffer.from(lines.join('\r\n'), 'latin1')
}

function wrapLine(line: string): string {
  const lines: string[] = []
  let written = ''
  for (let at = 0; at < line.length;) {
    const end = at + (isCode(line, at) ? 3 : 1)
    const code = line.charCodeAt(at)
    const next = code > 127 ? hex(code) : line.slice(at, end)
    at = end
    if (written.length + next.length > lineLimit - 1) {
      lines.push(`${written}=`)
      written = ''
    }
    written += next
  }
  return [...lines, written].join('\r\n')
}

function isCode(line: string, at: number): boolean {
  return line[at] === '=' && /^[\dA-Fa-f]{2}$/.test(line.slice(at + 1, at + 3))
}

/** Base64 in lines of 76 letters, without what is none (RFC 2045 section 6.8). */
export function wrapBase64(body: Buffer): Buffer {
  const text = body.toString('latin1').replaceAll(/[^A-Za-z\d+/=]/g, '')
  return Buffer.from(text.replaceAll(/.{1,76}/g, '$&\r\n'), 'latin1')
}

function hex(byte: number): string {
  return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
