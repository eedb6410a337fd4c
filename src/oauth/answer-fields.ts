/**
 * Reads answers that are not a plain JSON object: after a byte order mark or a prefix against
 * inclusion as a script, in an array or an envelope, followed by something else, or as a form.
 */
import { parseGuardedJson } from './json-object.ts'

/** An object with one of these fields is the answer itself, not an envelope around it. */
const tellingNames = ['access_token', 'refresh_token', 'error', 'device_code']
/** The longest prefix of an object, like `)]}',` or `callback(`. */
const longestPrefix = 64
const deepestEnvelope = 3

/** The fields of an answer; none if it cannot be read. Never throws, and takes linear time. */
export function readAnswerFields(text: string): Record<string, unknown> {
  const answer = readAnswer(text)
  return innermost(answer, deepestEnvelope) ?? fieldsOf(answer)
}

/**
 * An answer without what was put before or behind it: an object or a list, of a form an object;
 * undefined if it cannot be read. Never throws, and takes linear time.
 */
export function readAnswer(text: string): object | undefined {
  const start = text.slice(0, longestPrefix).search(/[[{]/)
  if (start === -1) return formFields(text)
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
  return (
    parseObject(text.slice(start)) ?? parseObject(text.slice(start, end + 1)) ?? formFields(text)
  )
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

function formFields(text: string): object | undefined {
  const isForm = /^\s*[\w.-]{1,40}=/.test(text.slice(0, longestPrefix))
  return isForm ? Object.fromEntries(new URLSearchParams(text.trim())) : undefined
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function parseObject(text: string): object | undefined {
  const value = parseGuardedJson(text)
  return typeof value === 'object' && value !== null ? value : undefined
}
