import { parseJson } from './parse-json.ts'
import type { Shape } from './shape.ts'

/** What a text of JSON holds; undefined: it has another form, or is not JSON. */
export function parseJsonAs<T extends object>(json: string, shape: Shape<T>): T | undefined {
  const value = parseJson(json)
  return shape(value) === undefined ? (value as T) : undefined
}
