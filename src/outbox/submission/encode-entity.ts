/**
 * Bodies in a form that every way takes: ASCII, in lines that are short enough. What is signed or encrypted
 * is left as it is, and so is what is quoted-printable or base64 already.
 */
import { contentTypeOf, transferEncodingOf, withCharset } from './content-type.ts'
import { encodeParts } from './encode-parts.ts'
import { formatKept } from './kept-fields.ts'
import { isPlain, lineLimits, withNetworkLineEnds } from './plain-lines.ts'
import { encodeQuotedPrintable, wrapBase64, wrapQuotedPrintable } from './quoted-printable.ts'
import { type Field, splitHeader } from './split-message.ts'

/** A header with its body. */
export interface Entity {
  fields: Field[]
  /** In LF before it is encoded, in CRLF after. */
  body: Buffer
}

const depthLimit = 10

/**
 * The entity as it can be sent; `textLimit` is the longest line of text, and `usual` what it is where it does not
 * say it.
 */
export function encodeEntity(
  entity: Entity,
  textLimit: number,
  { depth = 0, usual = 'text/plain' } = {},
): Entity {
  const { fields, body } = entity
  const { type, boundary } = contentTypeOf(fields, usual)
  const isSealed = type === 'multipart/signed' || type === 'multipart/encrypted'
  if (isSealed || depth > depthLimit) return { fields, body: withNetworkLineEnds(body) }
  const isDone = ['quoted-printable', 'base64'].includes(transferEncodingOf(fields))
  if (type.startsWith('multipart/')) {
    const inside = type === 'multipart/digest' ? { usual: 'message/rfc822' } : {}
    const encoded =
      boundary === undefined
        ? undefined
        : encodeParts(body, boundary, (part) =>
            encodePart(part, textLimit, { depth: depth + 1, ...inside }),
          )
    if (encoded !== undefined) return { fields: withoutPromise(fields, encoded), body: encoded }
  } else if ((type === 'message/rfc822' || type === 'message/global') && !isDone) {
    const encoded = encodePart(body, textLimit, { depth: depth + 1 })
    return { fields: withoutPromise(fields, encoded), body: encoded }
  }
  return isDone ? encodeAgain(entity) : encodeLeaf(entity, type, textLimit)
}

function encodeLeaf({ fields, body }: Entity, type: string, textLimit: number): Entity {
  const limit = type.startsWith('text/') ? textLimit : lineLimits.smtp
  if (isPlain(body, limit)) return { fields, body: withNetworkLineEnds(body) }
  return {
    fields: [
      ...without(withTrueCharset(fields, type, body)),
      { name: encodingField, value: 'quoted-printable' },
    ],
    body: encodeQuotedPrintable(body),
  }
}

/** What is encoded, and still has lines or letters that are not taken, is so only by its line ends. */
function encodeAgain({ fields, body }: Entity): Entity {
  if (isPlain(body, lineLimits.smtp)) return { fields, body: withNetworkLineEnds(body) }
  const isBase64 = transferEncodingOf(fields) === 'base64'
  return { fields, body: isBase64 ? wrapBase64(body) : wrapQuotedPrintable(body) }
}

/** Programs in the locale C call their text this, whatever it holds. */
const ascii = ['us-ascii', 'ascii', 'ansi_x3.4-1968']

/** Text that says nothing, or cannot be what it says, is UTF-8 if it decodes so; a multipart without parts is text. */
function withTrueCharset(fields: Field[], type: string, body: Buffer): Field[] {
  const { charset = 'us-ascii' } = contentTypeOf(fields)
  const isEmpty = type.startsWith('multipart/')
  const isWrong = type.startsWith('text/') && ascii.includes(charset)
  if (!isEmpty && !(isWrong && body.some((byte) => byte > 127))) return fields
  return withCharset(fields, charsetOf(body), isEmpty ? 'text/plain' : undefined)
}

/** Of text about which nothing is said. */
export function charsetOf(body: Buffer): 'utf-8' | 'iso-8859-1' {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body, { stream: true })
    return 'utf-8'
  } catch {
    return 'iso-8859-1'
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

function encodePart(
  part: Buffer,
  textLimit: number,
  inside: { depth: number; usual?: string },
): Buffer {
  const split = splitHeader(part)
  const encoded = encodeEntity(split, textLimit, inside)
  const header = split.whole.subarray(0, split.whole.length - split.body.length)
  if (encoded.fields === split.fields && isPlain(header, lineLimits.smtp)) {
    return Buffer.concat([withNetworkLineEnds(header), encoded.body])
  }
  const lines = encoded.fields.map(formatKept)
  return Buffer.concat([Buffer.from(`${lines.join('')}\r\n`), encoded.body])
}
