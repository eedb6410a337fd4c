import { encode } from './encoded-words.ts'

const width = 78
/** RFC 5322 section 2.1.1 has 998; a word is on a line with a space, or a name. */
const wordLimit = 900

/**
 * A field in lines of 78 letters where it has spaces to break at, with CRLF after each. `value` is ASCII;
 * a word that is too long for a line of mail is encoded.
 */
export function formatField(name: string, value: string): string {
  let text = ''
  let line = `${name}:`
  for (const word of wordsOf(value)) {
    if (line.length + word.length > width && line.length > name.length + 1) {
      text += `${line}\r\n`
      line = ''
    }
    line += word
  }
  return `${text}${line}\r\n`
}

/** Each with the white space before it. */
function* wordsOf(value: string): Generator<string> {
  let start = 0
  while (start < value.length) {
    let end = start
    while (isBlank(value[end])) end++
    const space = end === start ? ' ' : value.slice(start, Math.min(end, start + width / 2))
    const from = end
    while (end < value.length && !isBlank(value[end])) end++
    const word = value.slice(from, end)
    if (word.length > wordLimit)
      yield* encode(word)
        .split(' ')
        .map((part) => ` ${part}`)
    else if (word !== '') yield space + word
    start = end
  }
}

function isBlank(letter: string | undefined): boolean {
  return letter === ' ' || letter === '\t'
}
