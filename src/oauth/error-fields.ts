/**
 * Where servers put the details of an error. RFC 6749 section 5.2 has one shape; others are nested
 * (Google, Facebook, Apigee), in arrays (Salesforce), in fields of other names (Okta, Supabase,
 * Slack, problem+json), in a form (GitHub), behind a guard or a callback, or in a bare line of text
 * (CAS).
 */
import { readAnswer, readAnswerFields } from './answer-fields.ts'

/** The details of an error answer, complete and unchanged. */
export interface ErrorFields {
  error?: string
  description?: string
  /** Microsoft's. */
  codes?: unknown
  correlationId?: unknown
  traceId?: unknown
  timestamp?: unknown
}

type Fields = Record<string, unknown>

const deepest = 4
/** Regular expressions are not run on more of a body that is not JSON, or of a string in JSON. */
const longestText = 2 * 1_024
const longestLine = 200

const containers = ['error', 'errors', 'fault', 'detail', 'details', 'Error', 'response']
const words = ['error', 'errorCode', 'error_code', 'errorcode', 'code', 'reason', 'name']
/** In nested objects only: at the top level they are a status or a URL. */
const nestedWords = ['status', 'type']
const descriptions = [
  'error_description',
  'errorSummary',
  'error_message',
  'errorMessage',
  'errorDescription',
  'message',
  'msg',
  'faultstring',
  'detail',
  'description',
  'title',
]
/** Fields that fosite and the PHP League add, which say more than their description. */
const hints = ['error_hint', 'hint']

/** The error in a body; empty if it does not contain one. */
export function findErrorFields(body: string): ErrorFields {
  const answer = readAnswer(body)
  if (answer !== undefined) return inObject(firstObject(answer), 0)
  return parseLine(body.slice(0, longestText).trim())
}

/**
 * True if a body, however it is wrapped, contains what was asked for: an access token or a device
 * code.
 */
export function holdsWhatWasAsked(body: string): boolean {
  const fields = readAnswerFields(body)
  return ['access_token', 'device_code'].some((name) => textIn(fields, [name]) !== undefined)
}

function inObject(fields: Fields, depth: number): ErrorFields {
  const inner = depth < deepest ? innerOf(fields, depth) : {}
  const error = wordIn(fields, depth === 0 ? words : [...words, ...nestedWords]) ?? inner.error
  const ownDescription = textIn(fields, descriptions) ?? inner.description
  const hint = textIn(fields, hints)
  const description = hint === undefined ? ownDescription : `${hint} ${ownDescription ?? ''}`
  return {
    ...inner,
    ...(error === undefined ? {} : { error }),
    ...(description === undefined ? {} : { description }),
    ...('error_codes' in fields ? { codes: fields['error_codes'] } : {}),
    ...('correlation_id' in fields ? { correlationId: fields['correlation_id'] } : {}),
    ...('trace_id' in fields ? { traceId: fields['trace_id'] } : {}),
    ...('timestamp' in fields ? { timestamp: fields['timestamp'] } : {}),
  }
}

/** The first one that says something. */
function innerOf(fields: Fields, depth: number): ErrorFields {
  for (const name of containers) {
    const value = fields[name]
    if (typeof value !== 'object' || value === null) continue
    const inner = inObject(firstObject(value), depth + 1)
    if (inner.error !== undefined || inner.description !== undefined) return inner
  }
  return {}
}

function firstObject(value: unknown): Fields {
  const first: unknown = Array.isArray(value)
    ? value.find((entry) => typeof entry === 'object' && entry !== null)
    : value
  return typeof first === 'object' && first !== null ? (first as Fields) : {}
}

/** Skips numbers, which say no more than the status, and URLs of explanations. */
function wordIn(fields: Fields, names: readonly string[]): string | undefined {
  return textIn(fields, names, (text) => !/^\d+$|:\/\//.test(text))
}

function textIn(
  fields: Fields,
  names: readonly string[],
  isUsable: (text: string) => boolean = () => true,
): string | undefined {
  for (const name of names) {
    const value = fields[name]
    const text = typeof value === 'string' ? value.slice(0, longestText) : ''
    if (text.trim() !== '' && isUsable(text)) return text
  }
  return undefined
}

/** A line with a word or a sentence; markup is ignored. */
function parseLine(text: string): ErrorFields {
  if (/^[A-Za-z]+(?:_[A-Za-z]+)+$/.test(text)) return { error: text }
  const isSentence =
    text.length <= longestLine && /^[A-Za-z]+[,:.]? [\x20-\x3b=\x3f-\x7e]+$/.test(text)
  return isSentence ? { description: text } : {}
}
