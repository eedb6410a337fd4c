/**
 * Where servers put what they say of an error. RFC 6749 section 5.2 has one shape; others are nested
 * (Google, Facebook, Apigee), in arrays (Salesforce), in fields of other names (Okta, Supabase, Slack,
 * problem+json), in a form (GitHub), behind a guard or a callback, or in a bare line of text (CAS).
 */
import { readAnswerFields } from './answer-fields.ts'
import { parseJson } from './json-object.ts'

/** What an error answer says, uncut and as it came. */
export interface ErrorFields {
  error?: string
  description?: string
  /** Microsoft's. */
  codes?: unknown
  correlationId?: unknown
}

type Fields = Record<string, unknown>

const deepest = 4
/** No expression sees more of a body that is not JSON, nor of any string in one. */
const longestText = 2 * 1_024
const longestLine = 200

const containers = ['error', 'errors', 'fault', 'detail', 'details', 'Error', 'response']
const words = ['error', 'errorCode', 'error_code', 'errorcode', 'code', 'reason', 'name']
/** Of an object in an object: at the top they are a status or an address. */
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
/** What fosite and the PHP League add, which says more than their description. */
const hints = ['error_hint', 'hint']

/** What a body says of an error; empty where it says nothing of one. */
export function findErrorFields(body: string): ErrorFields {
  const value = parseJson(body) ?? parseCallback(body)
  if (value !== undefined) return inObject(firstObject(value), 0)
  return parseLine(body.slice(0, longestText).trim())
}

/** True where a body, whatever it is wrapped in, holds what was asked for: an access token or a device code. */
export function holdsWhatWasAsked(body: string): boolean {
  const fields = readAnswerFields(body)
  return ['access_token', 'device_code'].some((name) => textIn(fields, [name]) !== undefined)
}

function inObject(fields: Fields, depth: number): ErrorFields {
  const inner = depth < deepest ? innerOf(fields, depth) : {}
  const error = wordIn(fields, depth === 0 ? words : [...words, ...nestedWords]) ?? inner.error
  const said = textIn(fields, descriptions) ?? inner.description
  const hint = textIn(fields, hints)
  const description = hint === undefined ? said : `${hint} ${said ?? ''}`
  return {
    ...inner,
    ...(error === undefined ? {} : { error }),
    ...(description === undefined ? {} : { description }),
    ...('error_codes' in fields ? { codes: fields['error_codes'] } : {}),
    ...('correlation_id' in fields ? { correlationId: fields['correlation_id'] } : {}),
  }
}

/** Of several that say something the first. */
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

/** Neither a number, which says no more than the status, nor an address of an explanation. */
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

/** JSON in the call of a function. */
function parseCallback(body: string): unknown {
  const start = body.slice(0, longestLine)
  const opening = start.indexOf('(')
  if (opening === -1 || !/^[\s\w$.*/]*$/.test(start.slice(0, opening))) return undefined
  return parseJson(body.slice(opening + 1, Math.max(0, body.lastIndexOf(')'))))
}

function parseForm(body: string): Fields {
  const text = body.slice(0, longestText).trim()
  return /^[\w.-]+=/.test(text) ? Object.fromEntries(new URLSearchParams(text)) : {}
}

/** A form, or a line that says a word or a sentence; markup says nothing. */
function parseLine(text: string): ErrorFields {
  const form = inObject(parseForm(text), 0)
  if (form.error !== undefined || form.description !== undefined) return form
  if (/^[A-Za-z]+(?:_[A-Za-z]+)+$/.test(text)) return { error: text }
  const isSentence =
    text.length <= longestLine && /^[A-Za-z]+[,:.]? [\x20-\x3b=\x3f-\x7e]+$/.test(text)
  return isSentence ? { description: text } : {}
}
