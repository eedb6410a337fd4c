const dot = 0x2e
const lineFeed = 0x0a

/**
 * A message as DATA carries it (RFC 5321 section 4.5.2): a dot at the start of a line is doubled, and a
 * line with a dot alone ends it.
 */
export function dotStuffed(message: Buffer): Buffer {
  const pieces: Buffer[] = []
  let from = 0
  for (let at = startsWithDot(message) ? 0 : nextDot(message, 0); at !== -1;) {
    pieces.push(message.subarray(from, at + 1))
    from = at
    at = nextDot(message, at)
  }
  pieces.push(message.subarray(from))
  pieces.push(Buffer.from(message.subarray(-2).equals(lineEnd) ? '.\r\n' : '\r\n.\r\n'))
  return Buffer.concat(pieces)
}

const lineEnd = Buffer.from('\r\n')
const lineWithDot = Buffer.from([lineFeed, dot])

function startsWithDot(message: Buffer): boolean {
  return message[0] === dot
}

/** The next dot behind a place that begins a line; -1: there is none. */
function nextDot(message: Buffer, from: number): number {
  const at = message.indexOf(lineWithDot, from)
  return at === -1 ? -1 : at + 1
}
