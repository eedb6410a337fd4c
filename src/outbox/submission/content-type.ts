import type { Field } from './split-message.ts'

/** What a part says that it holds. */
export interface ContentType {
  /** In lower case, like `text/plain`. */
  type: string
  /** Of a multipart. */
  boundary?: string
}

const valueLimit = 2_000

/** RFC 2045 section 5: text/plain where nothing is said. */
export function contentTypeOf(fields: readonly Field[]): ContentType {
  const value = valueOf(fields, 'content-type').slice(0, valueLimit)
  const end = value.indexOf(';')
  const type = (end === -1 ? value : value.slice(0, end)).trim().toLowerCase()
  // RFC 2046 section 5.1.1: a boundary has at most 70 characters.
  const found = /;[ \t]*boundary[ \t]*=[ \t]*(?:"([^"\\]{1,100})"|([^\s";,]{1,100}))/i.exec(value)
  const boundary = (found?.[1] ?? found?.[2])?.trimEnd()
  return { type: type || 'text/plain', ...(boundary === undefined ? {} : { boundary }) }
}

/** In lower case: `7bit` where nothing is said. */
export function transferEncodingOf(fields: readonly Field[]): string {
  return valueOf(fields, 'content-transfer-encoding').slice(0, valueLimit).toLowerCase() || '7bit'
}

function valueOf(fields: readonly Field[], key: string): string {
  return fields.find(({ name }) => name.toLowerCase() === key)?.value ?? ''
}
