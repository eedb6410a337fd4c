import type { ProviderAnswer } from '../errors.ts'
import { parseJsonObject } from './json-object.ts'

const longestDescription = 200
/** Longer than any word, number or GUID of an explanation: it may be the token that is spoken of. */
const tokenLike = /[A-Za-z0-9._~+/=-]{40,}/g

/**
 * What may be shown of an error answer (RFC 6749 section 5.2): the code, 200 printable characters of
 * the description, Microsoft's number and correlation id. A body that is no JSON has only its status.
 */
export function reduceErrorResponse(status: number, body: string): ProviderAnswer {
  const fields = parseJsonObject(body)
  const { error, error_description: description, error_codes: codes, correlation_id: id } = fields
  const number = Array.isArray(codes) ? Number(codes[0]) : aadstsIn(description)
  return {
    status,
    ...(typeof error === 'string' ? { error: printable(error) } : {}),
    ...(typeof description === 'string' ? { description: reduceDescription(description) } : {}),
    ...(number !== undefined && Number.isInteger(number) ? { aadsts: number } : {}),
    ...(typeof id === 'string' ? { correlationId: printable(id) } : {}),
  }
}

/** The part of an error_description that may be logged and shown. */
export function reduceDescription(description: string): string {
  const [explanation = ''] = description.split(/\s*Trace ID:/)
  return printable(explanation)
}

function printable(text: string): string {
  const visible = text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(tokenLike, '[...]')
    .trim()
  return visible.slice(0, longestDescription)
}

function aadstsIn(description: unknown): number | undefined {
  const match = typeof description === 'string' ? /AADSTS(\d+)/.exec(description) : null
  return match === null ? undefined : Number(match[1])
}
