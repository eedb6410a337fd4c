import { parseJson } from '../shapes/parse-json.ts'

/** Prefixes that keep a web page from loading JSON as a script. */
const guards = [")]}',", ")]}'", 'while(1);', 'for(;;);', '{}&&']

/**
 * The fields of a JSON object; none if the text is anything else. Takes time linear in its length.
 */
export function parseJsonObject(text: string): Record<string, unknown> {
  const value = parseGuardedJson(text)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** The value of a JSON text, without such a prefix; undefined if it is not JSON. */
export function parseGuardedJson(text: string): unknown {
  return parseJson(withoutGuards(text))
}

/** Trimming also removes a byte order mark, which JavaScript counts as white space. */
function withoutGuards(text: string): string {
  const start = text.trimStart()
  const guard = guards.find((prefix) => start.startsWith(prefix)) ?? ''
  return start.slice(guard.length)
}

/** The number in a field, which some servers send as a string. Undefined for anything else. */
export function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
