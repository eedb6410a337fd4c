import { createHash } from 'node:crypto'

/** A name for an address, which may hold characters that the name of a file or key must not. */
export function hashOf(address: string): string {
  return createHash('sha256').update(address).digest('hex')
}

/** A short name for an issuer, or for anything else, that a file name can hold. */
export function tagOf(text: string): string {
  return hashOf(text).slice(0, 16)
}
