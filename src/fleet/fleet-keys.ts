import { addressHashOf } from '../sealing/address-hash.ts'

/** What an engine that hosts share keeps of each account, a key each. */
export type FleetKeyKind = 'grant' | 'unconfirmed' | 'token' | 'lock' | 'intent' | 'failure'

/** The key that says how all others are written, and with which keys they are sealed. */
export function metaKeyOf(prefix: string): string {
  return `${prefix}meta`
}

/** Where all keys of a kind are. */
export function folderOf(prefix: string, kind: FleetKeyKind): string {
  return `${prefix}${kind}/`
}

/** The key of an account. */
export function fleetKeyOf(prefix: string, kind: FleetKeyKind, address: string): string {
  return `${folderOf(prefix, kind)}${addressHashOf(address)}`
}

/** The hash of the address that a key is of. */
export function addressHashIn(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}
