/**
 * Finds the refresh token in an answer of a token endpoint. A server that rotates has already
 * invalidated the old one, so the new one is searched for even if the answer is broken.
 */
import { Secret } from '../logging/secret.ts'
import { readAnswerFields } from './answer-fields.ts'

const name = '"refresh_token"'
const longestToken = 64 * 1024
/** Keeps the search linear in a text that repeats the name without a value. */
const mostPlaces = 16

/**
 * The refresh token in an answer, undefined if there is none that can be sent again (RFC 6749
 * appendix A.17). In an incomplete answer a token that may be cut off does not count. Never throws.
 */
export function refreshTokenIn(body: string, isWhole: boolean): Secret | undefined {
  const isForm = !/[[{]/.test(body.slice(0, 64))
  const fields = isForm && !isWhole ? {} : readAnswerFields(body)
  const given = fields['refresh_token']
  if (isRefreshToken(given)) return new Secret(given)
  return isForm ? undefined : scanFor(body)
}

function scanFor(body: string): Secret | undefined {
  let place = body.indexOf(name)
  for (let tries = 0; place !== -1 && tries < mostPlaces; tries++) {
    const value = stringAfter(body, place + name.length)
    if (isRefreshToken(value)) return new Secret(value)
    place = body.indexOf(name, place + name.length)
  }
  return undefined
}

/** The JSON string after a colon; undefined if it is not a string, or not closed. */
function stringAfter(body: string, from: number): unknown {
  const text = body.slice(from, from + longestToken + 64)
  const start = /^\s{0,32}:\s{0,32}"/.exec(text)?.[0].length
  if (start === undefined) return undefined
  let end = start
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  try {
    return JSON.parse(text.slice(start - 1, end + 1))
  } catch {
    return undefined
  }
}

/** True for what can be sent again as a refresh token (RFC 6749 appendix A.17). */
export function isRefreshToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestToken && /^[\x20-\x7e]+$/.test(value)
}
