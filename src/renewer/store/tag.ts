import { addressHashOf } from '../../sealing/address-hash.ts'

/** A short name for an issuer, or for anything else, that a file name can hold. */
export function tagOf(text: string): string {
  return addressHashOf(text).slice(0, 16)
}
