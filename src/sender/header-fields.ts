/** The header of a message as it is stored: fields as they are written, with the lines that belong to them. */
export interface StoredHeader {
  fields: { /** In lower case. */ name: string; text: string }[]
  /** From the end of the last field on. */
  rest: Buffer
}

/** Takes a message in CRLF apart. */
export function splitFields(message: Buffer): StoredHeader {
  const end = message.indexOf('\r\n\r\n')
  const header = message.toString('latin1', 0, end === -1 ? message.length : end)
  // A line that begins with a blank belongs to the one before it (RFC 5322 section 2.2.3).
  const fields = header.split(/\r\n(?![ \t])/).map((text) => {
    const name = text.slice(0, Math.max(0, text.indexOf(':')))
    return { name: name.trim().toLowerCase(), text }
  })
  return { fields, rest: end === -1 ? Buffer.from('\r\n\r\n') : message.subarray(end) }
}

/** Puts it together again. */
export function joinFields(fields: readonly string[], rest: Buffer): Buffer {
  return Buffer.concat([Buffer.from(fields.join('\r\n'), 'latin1'), rest])
}

/** What stands after the name of a field, on one line. */
export function valueOf(text: string): string {
  return text.slice(text.indexOf(':') + 1).replaceAll('\r\n', '')
}
