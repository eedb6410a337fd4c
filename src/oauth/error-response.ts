import type { ProviderAnswer } from '../errors.ts'
import { findErrorFields, holdsWhatWasAsked } from './error-fields.ts'
import { numberIn } from './json-object.ts'

const longestDescription = 200
/** Regular expressions are not run on more than this. */
const longestRead = 2 * 1_024
/** Longer than any word, number or GUID of an explanation: it may be the token in question. */
const tokenLike = /[A-Za-z0-9._~+/=-]{40,}/g
/** What Microsoft appends to every explanation; at a redirect URI it stands nowhere else. */
const trace = 'Trace ID:'
const references = {
  correlationId: /Correlation ID: {0,2}([\w-]{1,40})/,
  traceId: /Trace ID: {0,2}([\w-]{1,40})/,
  timestamp: /Timestamp: {0,2}(\d[\d:-]{0,12}[ T][\d:.]{1,12}Z?)/,
}

/**
 * The part of an error answer that may be shown (RFC 6749 section 5.2, and what servers send
 * instead): the error code, 200 printable characters of the description, Microsoft's number and
 * ids for its support. A body without an error gives only its status. Takes time linear in the body's
 * length.
 */
export function reduceErrorResponse(status: number, body: string): ProviderAnswer {
  const { error, description, codes, ...ids } = findErrorFields(body)
  const number = Array.isArray(codes) ? numberIn(codes[0]) : aadstsIn(description)
  return {
    status,
    ...(error === undefined ? {} : { error: showablePart(error) }),
    ...(description === undefined ? {} : { description: reduceDescription(description) }),
    ...(number !== undefined && Number.isInteger(number) ? { aadsts: number } : {}),
    ...referencesIn(ids, description?.slice(0, longestRead) ?? ''),
  }
}

/** From the field, else from the end of the description. */
function referencesIn(
  ids: Record<string, unknown>,
  description: string,
): Partial<Record<keyof typeof references, string>> {
  const found = Object.entries(references).flatMap(([name, pattern]) => {
    const value = ids[name] ?? pattern.exec(description)?.[1]
    return typeof value === 'string' && value !== '' ? [[name, showablePart(value)]] : []
  })
  return Object.fromEntries(found)
}

/**
 * True for a refusal: by its status, or with a successful status by an `error` without an access
 * token (GitHub, Zoho, Slack).
 */
export function isErrorAnswer({ status, body }: { status: number; body: string }): boolean {
  if (status < 200 || status > 299) return true
  return !holdsWhatWasAsked(body) && findErrorFields(body).error !== undefined
}

/** The part of an error_description that may be logged and shown. */
export function reduceDescription(description: string): string {
  const text = description.slice(0, longestRead)
  const end = text.indexOf(trace)
  return showablePart(end === -1 ? description : text.slice(0, end))
}

function showablePart(text: string): string {
  const visible = beginningOf(text)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(tokenLike, '[...]')
    .trim()
  return visible.slice(0, longestDescription)
}

/** Without the word that was cut in two: it may be part of a token. */
function beginningOf(text: string): string {
  if (text.length <= longestRead) return text
  return text.slice(0, longestRead).replace(/[A-Za-z0-9._~+/=-]+$/, '')
}

function aadstsIn(description = ''): number | undefined {
  const match = /AADSTS(\d{1,9})/.exec(description.slice(0, longestRead))
  return match === null ? undefined : Number(match[1])
}
