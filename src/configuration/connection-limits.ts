import type { Protocol } from '../sasl/output-format.ts'
import type { BridgeConfiguration } from './configuration.ts'

/** How many connections there may be to the mail server of an account. */
export interface ConnectionLimit {
  protocol: Protocol
  user: string
  limit: number
}

/** Of each protocol and account that is served: the smallest limit that any bridge names holds for all. */
export function connectionLimits(bridges: readonly BridgeConfiguration[]): ConnectionLimit[] {
  const limits = new Map<string, ConnectionLimit>()
  for (const { protocol, accounts, outbox } of bridges) {
    if (outbox !== undefined) continue
    for (const { user, connections } of accounts) {
      const key = `${protocol} ${user}`
      const limit = Math.min(connections, limits.get(key)?.limit ?? connections)
      limits.set(key, { protocol, user, limit })
    }
  }
  return [...limits.values()]
}
