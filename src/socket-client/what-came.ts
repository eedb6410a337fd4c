/** What is in a field and is not what it should be, for a sentence: `missing`, `a number (42)`. */
export function whatCame(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value !== 'string') return `a ${typeof value} (${JSON.stringify(value)})`
  if (value === '') return 'empty'
  return value.trim() === '' ? 'blank' : `"${visible(value).slice(0, 80)}"`
}

/** True for text in which there is something to read. */
export function isFilledText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

/**
 * A text as a terminal may show it: line ends stay, every other control character, and what turns the
 * direction of writing, becomes `\x1b` or `\u202e`.
 */
export function visible(text: string): string {
  return text.replace(
    /[^\P{Cc}\n]|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    escapeOf,
  )
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0)
  const digits = code.toString(16)
  return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`
}
