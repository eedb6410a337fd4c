/** Text (one character a byte) for a terminal: everything but printable ASCII as `\xNN`. */
export function printable(text: string): string {
  return text.replace(
    /[^ -~]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
