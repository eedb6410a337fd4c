import type { BridgeAccount } from '../configuration/configuration.ts'
import type { Protocol } from '../sasl/output-format.ts'

/** The key by which Places count the connections of an account. */
export function placeKey(protocol: Protocol, { user }: Pick<BridgeAccount, 'user'>): string {
  return `${protocol} ${user}`
}

/** What such a key was made of. */
export function parsePlaceKey(key: string): { protocol: Protocol; user: string } {
  const end = key.indexOf(' ')
  return { protocol: key.slice(0, end) as Protocol, user: key.slice(end + 1) }
}
