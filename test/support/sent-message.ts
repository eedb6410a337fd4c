/**
 * A message as the receiving side reads it: strict, so that what a real server refuses or misreads is
 * refused here too.
 */

/** The header's fields by their names in lower case, unfolded, and the body. */
export interface ReadMessage {
  fields: { name: string; value: string }[]
  body: string
}

/** Reads a message; `defect`: what no server may be sent. */
export function readMessage(bytes: Buffer): ReadMessage & { defect?: string } {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const header = end === -1 ? text : text.slice(0, end)
  const body = end === -1 ? '' : text.slice(end + 4)
  const fields = header.split(/\r\n(?![ \t])/).map((field) => {
    const colon = field.indexOf(':')
    const name = field.slice(0, Math.max(0, colon))
    return {
      name: name.toLowerCase(),
      value: field
        .slice(colon + 1)
        .replaceAll('\r\n', '')
        .trim(),
    }
  })
  const defect = defectOf(text, fields)
  return defect === undefined ? { fields, body } : { fields, body, defect }
}

function defectOf(text: string, fields: ReadMessage['fields']): string | undefined {
  if (/(?<!\r)\n|\r(?!\n)/.test(text)) return 'a line does not end with CRLF'
  if (text.includes('\0')) return 'it has NUL'
  if (text.split('\r\n').some((line) => line.length > 998)) return 'a line is longer than 998'
  if (fields.some(({ name }) => !/^[\x21-\x39\x3b-\x7e]+$/.test(name))) return 'a field has no name'
  // oxlint-disable-next-line no-control-regex
  if (fields.some(({ value }) => /[^\x00-\x7f]/.test(value))) return 'a field has 8-bit letters'
  const once = ['from', 'to', 'cc', 'bcc', 'date', 'message-id', 'subject', 'content-type']
  return once.find((name) => fields.filter((field) => field.name === name).length > 1)
}

/**
 * The addresses of a field, as far as it stands before the first field of MIME, which some servers stop
 * at. An address that none would take is given as it is written, as `bad`.
 */
export function addressesIn(
  { fields }: ReadMessage,
  name: string,
): { good: string[]; bad: string[] } {
  const mime = fields.findIndex((field) => field.name === 'content-type')
  const before = mime === -1 ? fields : fields.slice(0, mime)
  const values = before.filter((field) => field.name === name).map(({ value }) => value)
  const written = values.flatMap(splitList)
  const parsed = written.map((text) => addressOf(text) ?? text)
  return { good: parsed.filter(isAddress), bad: parsed.filter((text) => !isAddress(text)) }
}

/** At commas that are neither in quotes nor in a comment. */
function splitList(value: string): string[] {
  const parts = value.match(/(?:"(?:\\.|[^"\\])*"|\((?:\\.|[^)\\])*\)|[^,])+/g) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

function addressOf(text: string): string | undefined {
  const bare = text.replaceAll(/\((?:\\.|[^)\\])*\)|"(?:\\.|[^"\\])*"(?=\s*<)/g, '').trim()
  const [, phrase, angled] = /^([^<>@"]*)<([^<>]*)>$/.exec(bare) ?? []
  return angled === undefined || phrase === undefined ? bare : angled
}

function isAddress(text: string): boolean {
  return /^[^\s@<>"(),:;]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/.test(text)
}
