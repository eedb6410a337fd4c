/**
 * Fields with parameters, as Content-Type: RFC 2045 section 5.1, with the continuations and charsets of RFC 2231.
 * Callers give text that was cut before.
 */
import { isAscii } from './encoded-words.ts'

/** One parameter. */
export interface Parameter {
  /** In lower case, with the `*` of RFC 2231. */
  name: string
  /** Without quotation marks and comments. */
  value: string
  /** As it was written. */
  text: string
}

/** A field taken apart. */
export interface Parameterized {
  /** What stands before the first semicolon. */
  value: string
  parameters: Parameter[]
}

/** Longest piece of a value that is written in percent signs; a line of mail has room for it. */
const pieceLimit = 60

/** Takes a field apart at its semicolons. */
export function parseParameters(field: string): Parameterized {
  const [value = '', ...texts] = piecesOf(field)
  return { value: plainOf(value), parameters: texts.flatMap(parseOne) }
}

/** The value of a parameter, whichever way RFC 2231 lets it be written; undefined where there is none. */
export function valueOfParameter(
  parameters: readonly Parameter[],
  name: string,
): string | undefined {
  const whole = parameters.find((parameter) => parameter.name === name)
  if (whole !== undefined) return whole.value
  const extended = parameters.find((parameter) => parameter.name === `${name}*`)
  if (extended !== undefined) return withoutCharset(extended.value)
  let value: string | undefined
  for (let index = 0; ; index++) {
    const piece = parameters.find((parameter) => parameter.name === `${name}*${index}`)
    const encoded = parameters.find((parameter) => parameter.name === `${name}*${index}*`)
    if (piece === undefined && encoded === undefined) return value
    const decoded = encoded && (index === 0 ? withoutCharset : unescaped)(encoded.value)
    value = `${value ?? ''}${piece?.value ?? decoded ?? ''}`
  }
}

/**
 * The field in ASCII. Encoded words have no meaning in a parameter (RFC 2047 section 5): what is beyond ASCII is
 * written as RFC 2231 has it, unless the field says it that way too.
 */
export function encodeParameters({ value, parameters }: Parameterized): string {
  const names = new Set(parameters.map(({ name }) => name))
  const written = parameters.flatMap((parameter) => {
    if (isAscii(parameter.text)) return [parameter.text]
    const { name } = parameter
    const isSaid = names.has(`${name}*`) || names.has(`${name}*0*`) || names.has(`${name}*0`)
    return isSaid || !/^[!#$&+\-.^_`{|}~\w]+$/.test(name) ? [] : encodeParameter(parameter)
  })
  return [value, ...written].join('; ')
}

function encodeParameter({ name, value }: Parameter): string[] {
  const pieces: string[] = []
  let piece = "utf-8''"
  for (const letter of value) {
    const written = escaped(letter)
    if (piece.length + written.length > pieceLimit) {
      pieces.push(piece)
      piece = ''
    }
    piece += written
  }
  pieces.push(piece)
  if (pieces.length === 1) return [`${name}*=${piece}`]
  return pieces.map((text, index) => `${name}*${index}*=${text}`)
}

/** A letter as such a value has it: itself, or its bytes. */
function escaped(letter: string): string {
  if (/^[A-Za-z\d!#$&+.^_`{|}~-]$/.test(letter)) return letter
  const hex = Buffer.from(letter).toString('hex').toUpperCase()
  return hex.replaceAll(/../g, '%$&')
}

function withoutCharset(value: string): string {
  return unescaped(value.slice(value.indexOf("'", value.indexOf("'") + 1) + 1))
}

function unescaped(value: string): string {
  return value.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  )
}

function parseOne(text: string): Parameter[] {
  const equals = text.indexOf('=')
  if (equals === -1) return []
  const name = plainOf(text.slice(0, equals)).toLowerCase()
  return [{ name, value: plainOf(text.slice(equals + 1)), text: text.trim() }]
}

/** What stands between semicolons that no quotation marks and no comment hold. */
function piecesOf(field: string): string[] {
  const pieces: string[] = []
  let start = 0
  walk(field, (sign, at, place) => {
    if (sign !== ';' || place !== 'open') return
    pieces.push(field.slice(start, at))
    start = at + 1
  })
  return [...pieces, field.slice(start)]
}

/** The text without comments, quotation marks and what they escape. */
function plainOf(text: string): string {
  let quoted = false
  let plain = ''
  walk(text, (sign, _, place) => {
    if (place === 'comment' || place === 'mark') return
    if (place === 'quoted' && !quoted) {
      quoted = true
      plain = ''
    }
    // What is outside of quotation marks does not belong to the value.
    if (quoted && place === 'open') return
    plain += sign
  })
  return quoted ? plain : plain.trim()
}

type Place = 'open' | 'quoted' | 'comment' | 'mark'

/** Calls back with each sign and where it stands; a `\` that escapes and quotation marks themselves are marks. */
function walk(text: string, visit: (sign: string, at: number, place: Place) => void): void {
  let depth = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at)
    const inside = isQuoted ? 'quoted' : 'comment'
    if (sign === '\\' && (isQuoted || depth > 0) && at + 1 < text.length) {
      visit(text.charAt(at + 1), ++at, inside)
    } else if (sign === '"' && depth === 0) {
      isQuoted = !isQuoted
      visit(sign, at, 'mark')
    } else if (isQuoted) {
      visit(sign, at, 'quoted')
    } else {
      if (sign === '(') depth++
      visit(sign, at, depth > 0 ? 'comment' : 'open')
      if (sign === ')' && depth > 0) depth--
    }
  }
}
