/**
 * A message as a program wrote it, in fields and body: line ends of any kind, NUL, a byte order mark, a leading
 * `From ` line, a header that nobody closed. All of it takes one pass.
 */

/** A field of a header. */
export interface Field {
  /** As it was written. */
  name: string
  /** Unfolded, without control characters, one character for each byte. */
  value: string
}

/** A header and what follows it. */
export interface SplitMessage {
  fields: Field[]
  /** Its lines end with LF. */
  body: Buffer
}

const nameLimit = 200
const lineFeed = 10
const carriageReturn = 13
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** The message with LF as its only line end, in fields and body. */
export function splitMessage(message: Buffer): SplitMessage {
  const plain = withPlainLineEnds(withoutByteOrderMark(message))
  const split = splitHeader(withoutMailboxLine(plain))
  return split.fields.some(isUsual) ? split : { fields: [], body: split.whole }
}

/** The header of a message or a part whose lines end with LF, up to the first line that is not a field. */
export function splitHeader(whole: Buffer): SplitMessage & { whole: Buffer } {
  const fields: { name: string; parts: string[] }[] = []
  let at = 0
  while (at < whole.length) {
    const { line, next } = lineAt(whole, at)
    if (line === '') {
      at = next
      break
    }
    const last = fields.at(-1)
    const isContinuation = (line[0] === ' ' || line[0] === '\t') && last !== undefined
    const colon = isContinuation ? -1 : endOfName(line)
    if (isContinuation) last.parts.push(line.trim() === '' ? '' : line)
    else if (colon === -1) break
    else fields.push({ name: line.slice(0, colon).trim(), parts: [line.slice(colon + 1)] })
    at = next
  }
  return {
    fields: fields.map(({ name, parts }) => ({ name, value: plain(parts.join('')) })),
    body: whole.subarray(at),
    whole,
  }
}

function lineAt(whole: Buffer, at: number): { line: string; next: number } {
  const end = whole.indexOf(lineFeed, at)
  return end === -1
    ? { line: whole.toString('latin1', at), next: whole.length }
    : { line: whole.toString('latin1', at, end), next: end + 1 }
}

/** The place of the colon, with the white space before it that RFC 5322 section 4.5 still knows; or -1. */
function endOfName(line: string): number {
  const colon = line.indexOf(':')
  if (colon < 1 || colon > nameLimit) return -1
  return /^[!-9;-~]+[ \t]*$/.test(line.slice(0, colon)) ? colon : -1
}

/** Editors and shells of Windows begin a text of UTF-8 with one: the first field has its name behind it. */
function withoutByteOrderMark(message: Buffer): Buffer {
  return message.subarray(0, byteOrderMark.length).equals(byteOrderMark)
    ? message.subarray(byteOrderMark.length)
    : message
}

/**
 * Each line end as LF. Where a program that has written CRLF made CRLF of LF once more, CR CR LF is one of them: as
 * two the header would be over after its first field.
 */
function withPlainLineEnds(message: Buffer): Buffer {
  if (!message.includes(carriageReturn) && !message.includes(0)) return message
  const plain = Buffer.allocUnsafe(message.length)
  let [length, returns] = [0, 0]
  const endLines = () => {
    for (; returns > 0; returns--) plain[length++] = lineFeed
  }
  for (const byte of message) {
    if (byte === 0) continue
    if (byte === carriageReturn) {
      returns++
      continue
    }
    if (byte === lineFeed) returns = 0
    else endLines()
    plain[length++] = byte
  }
  endLines()
  return plain.subarray(0, length)
}

/** The line that separates the messages of a mailbox file is not of the message. */
function withoutMailboxLine(message: Buffer): Buffer {
  const start = message.toString('latin1', 0, nameLimit)
  return /^>?From [^:]/.test(start) && !/^From +:/.test(start)
    ? message.subarray(lineAt(message, 0).next)
    : message
}

/** Control characters would end a line for one reader and not for another. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\0-\x08\n-\x1f\x7f]/g, '').trim()
}

const usual = new Set(
  'from to cc bcc subject date message-id reply-to sender mime-version content-type content-transfer-encoding auto-submitted precedence in-reply-to references'.split(
    ' ',
  ),
)

/** A text of which the first line is `Warning: disk full` has no header. */
function isUsual({ name }: Field): boolean {
  const key = name.toLowerCase()
  return usual.has(key) || key.startsWith('x-') || key.startsWith('resent-')
}
