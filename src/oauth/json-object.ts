/** What servers put before their JSON so that no page can load it as a script. */
const guards = [")]}',", ")]}'", 'while(1);', 'for(;;);', '{}&&']

/** The fields of a JSON object; none where the text is anything else. In time linear to its length. */
export function parseJsonObject(text: string): Record<string, unknown> {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** The value of a JSON text, whatever guards it; undefined where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(withoutGuards(text))
  } catch {
    return undefined
  }
}

/** Blanks are trimmed first, and to JavaScript a byte order mark is one. */
function withoutGuards(text: string): string {
  const start = text.trimStart()
  const guard = guards.find((prefix) => start.startsWith(prefix)) ?? ''
  return start.slice(guard.length)
}

/** The number in a field; some servers send it as a string. Undefined for whatever else stands there. */
export function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
