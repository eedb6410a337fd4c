import { parseJsonObject } from '../oauth/json-object.ts'

const longest = 1_000

/**
 * What an API says of an error, as rows of refusals match it: `WORD WORD: MESSAGE`. Google has words in
 * `errors[].reason`, `details[].reason` and `status`, Graph in `code`. Empty where the body is no such JSON.
 */
export function apiWords(body: string): string {
  const { error } = parseJsonObject(body)
  if (typeof error === 'string') return error.slice(0, longest)
  const { code, status, message, errors, details } = objectOf(error)
  const words = [code, ...reasonsIn(errors), ...reasonsIn(details), status].filter(
    (word) => typeof word === 'string',
  )
  const text = typeof message === 'string' ? message : ''
  return `${[...new Set(words)].join(' ')}: ${text}`.replace(/^: /, '').slice(0, longest)
}

function reasonsIn(list: unknown): unknown[] {
  return Array.isArray(list) ? list.map((entry) => objectOf(entry)['reason']) : []
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
