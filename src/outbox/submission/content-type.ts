import { parseParameters, valueOfParameter } from './parameters.ts'
import type { Field } from './split-message.ts'

/** What a part says that it holds. */
export interface ContentType {
  /** In lower case, like `text/plain`. */
  type: string
  /** Of a multipart. */
  boundary?: string
  /** In lower case. */
  charset?: string
}

const valueLimit = 2_000
const key = 'content-type'

/** RFC 2045 section 5: where nothing is said, text/plain, or in a digest a message. */
export function contentTypeOf(fields: readonly Field[], usual = 'text/plain'): ContentType {
  const { value, parameters } = parsed(valueOf(fields, key))
  const boundary = valueOfParameter(parameters, 'boundary')?.trimEnd()
  const charset = valueOfParameter(parameters, 'charset')?.trim().toLowerCase()
  // RFC 2046 section 5.1.1: a boundary has at most 70 characters.
  const isBoundary = boundary !== undefined && boundary !== '' && boundary.length <= 100
  return {
    type: value.toLowerCase() || usual,
    ...(isBoundary && { boundary }),
    ...(charset !== undefined && { charset }),
  }
}

/** In lower case: `7bit` where nothing is said. */
export function transferEncodingOf(fields: readonly Field[]): string {
  return valueOf(fields, 'content-transfer-encoding').slice(0, valueLimit).toLowerCase() || '7bit'
}

/** The fields, with another charset in Content-Type and, where one is given, another type. */
export function withCharset(fields: readonly Field[], charset: string, type?: string): Field[] {
  const field = fields.find(({ name }) => name.toLowerCase() === key)
  const { value, parameters } = parsed(field?.value ?? '')
  const others = parameters.filter(({ name }) => !/^(?:charset|boundary)(?:\*|$)/.test(name))
  const words = [
    type ?? (value || 'text/plain'),
    `charset=${charset}`,
    ...others.map(({ text }) => text),
  ]
  const changed = { name: field?.name ?? 'Content-Type', value: words.join('; ') }
  return field === undefined
    ? [changed, ...fields]
    : fields.map((each) => (each === field ? changed : each))
}

function parsed(value: string) {
  return parseParameters(value.slice(0, valueLimit))
}

function valueOf(fields: readonly Field[], wanted: string): string {
  return fields.find(({ name }) => name.toLowerCase() === wanted)?.value ?? ''
}
