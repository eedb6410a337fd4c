/** A text without what is neither a letter nor a digit of ASCII, and where in it each of the rest was. */
export function lettersIn(text: string): { letters: string; places: Uint32Array } {
  const places = new Uint32Array(text.length)
  const kept = new Uint8Array(text.length)
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (!isLetterOrDigit(code)) continue
    kept[count] = code
    places[count++] = at
  }
  return { letters: Buffer.from(kept.buffer, 0, count).toString('latin1'), places }
}

function isLetterOrDigit(code: number): boolean {
  const lower = code | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39)
}
