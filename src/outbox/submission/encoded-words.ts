/** Letters beyond ASCII in a header: RFC 2047. Callers give text that was cut before. */

/** A text of bytes, one character each: UTF-8 if it decodes so, else ISO-8859-1. */
export function decodeBytes(bytes: string): string {
  if (isAscii(bytes)) return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return bytes
  }
}

/** True for text of ASCII alone. */
export function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /^[\0-\x7f]*$/.test(text)
}

/** The text with its encoded words as a person reads them; one of an unknown charset stays. */
export function decodeWords(text: string): string {
  const together = text.replaceAll(/(\?=)[ \t]+(?==\?[\w-]+\?[bq]\?)/gi, '$1')
  return together.replaceAll(
    /=\?([\w-]+)(?:\*[\w-]*)?\?([bq])\?([!->@-~]*)\?=/gi,
    (word, charset: string, encoding: string, content: string) => {
      const bytes =
        encoding.toLowerCase() === 'b' ? Buffer.from(content, 'base64') : fromQuoted(content)
      try {
        return decodeCharset(bytes, charset)
      } catch {
        return word
      }
    },
  )
}

/** The letters of windows-1252 from 0x80 on, where ISO-8859-1 has control characters. */
const windowsLetters =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178'

/** @throws RangeError for a charset that is not known */
function decodeCharset(bytes: Buffer, charset: string): string {
  const decoder = new TextDecoder(charset)
  if (decoder.encoding !== 'windows-1252') return decoder.decode(bytes)
  // Node 20 decodes it as ISO-8859-1: https://github.com/nodejs/node/issues/56542
  return bytes
    .toString('latin1')
    .replaceAll(/[\x80-\x9f]/g, (letter) => windowsLetters.charAt(letter.charCodeAt(0) - 0x80))
}

function fromQuoted(content: string): Buffer {
  const bytes = content
    .replaceAll('_', ' ')
    .replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1')
}

/** A text for a field such as Subject: words beyond ASCII, and what is between them, are encoded. */
export function encodeText(text: string): string {
  if (isAscii(text)) return text
  const words = text.split(' ')
  const first = words.findIndex((word) => !isAscii(word))
  const last = words.findLastIndex((word) => !isAscii(word))
  const [before, after] = [words.slice(0, first), words.slice(last + 1)]
  // White space between two encoded words is not shown: it is inside of ours.
  const glue = isEncodedWord(before.at(-1)) ? ' ' : ''
  const end = isEncodedWord(after[0]) ? ' ' : ''
  return [...before, encode(glue + words.slice(first, last + 1).join(' ') + end), ...after].join(
    ' ',
  )
}

function isEncodedWord(word: string | undefined): boolean {
  return word !== undefined && word.startsWith('=?') && word.endsWith('?=')
}

/** Parameters, as of Content-Type: no more is encoded than what must be, so that their syntax stays. */
export function encodeLetters(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[^\0-\x7f]+/g, encode)
}

/** A name before an address: as it stands, in quotes, or encoded. */
export function encodePhrase(text: string): string {
  if (!isAscii(text) || text.includes('=?')) return encode(text)
  return /^[\w !#$%&'*+/=?^`{|}~-]*$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}

/** Encoded words of at most 75 letters (RFC 2047 section 2), between letters and never in one. */
export function encode(text: string): string {
  const words: string[] = []
  let part = ''
  let size = 0
  for (const letter of text) {
    const bytes = Buffer.byteLength(letter)
    if (size + bytes > 45) {
      words.push(part)
      part = ''
      size = 0
    }
    part += letter
    size += bytes
  }
  if (part !== '') words.push(part)
  return words.map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`).join(' ')
}
