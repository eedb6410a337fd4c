/**
 * Reads answers that are not a plain JSON object: after a byte order mark or a prefix against
 * inclusion as a script, in an array or an envelope, followed by something else, or as a form.
 */
import { parseJsonObject } from './json-object.ts'

/** An object with one of these fields is the answer itself, not an envelope around it. */
const tellingNames = ['access_token', 'refresh_token', 'error', 'device_code']
/** The longest prefix of an object, like `)]}',` or `callback(`. */
const longestPrefix = 64
const deepestEnvelope = 3

/** The fields of an answer; none if it cannot be read. Never throws, and takes linear time. */
export function readAnswerFields(text: string): Record<string, unknown> {
  const outer = outermostValue(text)
  if (outer === undefined) return formFields(text)
  return innermost(outer, deepestEnvelope) ?? fieldsOf(outer)
}

function outermostValue(text: string): unknown {
  const start = text.slice(0, longestPrefix).search(/[[{]/)
  if (start === -1) return undefined
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
  const whole = parse(text.slice(start))
  return whole ?? (end > start ? parse(text.slice(start, end + 1)) : undefined)
}

function innermost(value: unknown, depth: number): Record<string, unknown> | undefined {
  const fields = fieldsOf(value)
  if (tellingNames.some((name) => Boolean(fields[name]))) return fields
  if (depth === 0) return undefined
  for (const inner of Object.values(fields)) {
    if (typeof inner !== 'object' || inner === null) continue
    const found = innermost(inner, depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}

function formFields(text: string): Record<string, unknown> {
  const isForm = /^\s*[A-Za-z_]{1,40}=/.test(text.slice(0, longestPrefix))
  return isForm ? Object.fromEntries(new URLSearchParams(text.trim())) : {}
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function parse(text: string): unknown {
  const fields = parseJsonObject(text)
  return Object.keys(fields).length === 0 ? undefined : fields
}
