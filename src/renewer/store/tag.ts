import { createHash } from 'node:crypto'

/** A short name for an issuer, or for anything else, that a file name can hold. */
export function tagOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
