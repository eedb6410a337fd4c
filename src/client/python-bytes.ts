const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text (one character per byte) in the form in which Python prints a bytes object: b'2.7.0 OK'. */
export function pythonBytes(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const shown = text.replace(/[^ -~]|[\\']/g, (character) => {
    if (character === "'") return quote === "'" ? "\\'" : "'"
    return escapes[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `b${quote}${shown}${quote}`
}
