/** A string as a command has it (RFC 9051 section 4.3): quoted, a literal, or an atom. */
const quoted = /"((?:[^"\\\r\n]|\\["\\])*)"/y
const literal = /\{(\d{1,5})\+?\}\r\n/y
/** Programs send user names with `%` and the like in them too. */
const atom = /[^\0-\x20\x7f"(){}]+/y

/**
 * The user name and the password of LOGIN, one character a byte; undefined: not two strings. More blanks
 * than the grammar has are nothing to mail servers, and to some programs.
 */
export function loginArguments(text: string): { user: string; password: string } | undefined {
  const user = stringAt(text, 0)
  if (user === undefined || text[user.end] !== ' ') return undefined
  const password = stringAt(text, afterBlanks(text, user.end))
  if (password === undefined || afterBlanks(text, password.end) !== text.length) return undefined
  return { user: user.value, password: password.value }
}

function afterBlanks(text: string, start: number): number {
  let end = start
  while (text[end] === ' ') end += 1
  return end
}

function stringAt(text: string, start: number): { value: string; end: number } | undefined {
  for (const form of [quoted, literal, atom]) form.lastIndex = start
  const inQuotes = quoted.exec(text)?.[1]
  if (inQuotes !== undefined) {
    return { value: inQuotes.replaceAll(/\\(["\\])/g, '$1'), end: quoted.lastIndex }
  }
  const size = literal.exec(text)?.[1]
  if (size !== undefined) {
    const end = literal.lastIndex + Number(size)
    return { value: text.slice(literal.lastIndex, end), end }
  }
  const [word] = atom.exec(text) ?? []
  return word === undefined ? undefined : { value: word, end: start + word.length }
}
