/** All that a line of plain text may hold. */
const plain = /^[\x20-\x7e\n]*$/

/**
 * JSON text with nothing in it that a terminal obeys, or that ends a line for some reader: characters
 * that move the cursor, end a line or change the direction of text, which JSON may leave as they are. It
 * says the same; line ends between its parts stay.
 */
export function printableJson(json: string): string {
  if (plain.test(json)) return json
  return json.replaceAll(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => unicodeEscape(character, index)).join(
      '',
    ),
  )
}

function unicodeEscape(text: string, index: number): string {
  return `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`
}
