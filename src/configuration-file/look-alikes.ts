/** What editors, chats and web pages put in place of a character of TOML, and a person cannot tell from it. */
const lookAlikes = [
  {
    characters: /[\u2018-\u201f\u2032\u2033\u00ab\u00bb\uff02]/u,
    remedy: 'is a typographic quotation mark: write " in its place',
  },
  {
    characters: /[\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]/u,
    remedy:
      'looks like a blank, or like nothing, and is neither: delete it, and type a space if needed',
  },
]

/** The hint for a line that is not TOML because of such a character; undefined: it has none. */
export function lookAlikeIn(line: string): string | undefined {
  for (const { characters, remedy } of lookAlikes) {
    const [found] = characters.exec(line) ?? []
    if (found !== undefined) return `its character ${codePointOf(found)} ${remedy}`
  }
  return undefined
}

function codePointOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
