import { createHash } from 'node:crypto'

/** A name for an address, which may hold characters that the name of a file or key must not. */
export function addressHashOf(address: string): string {
  return createHash('sha256').update(address).digest('hex')
}
