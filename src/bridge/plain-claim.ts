import type { Claim } from '../sasl/server/exchange.ts'
import type { ServerExchange } from '../sasl/server/server-exchange.ts'

/** The claim of a user name and a password, one character a byte; undefined where they cannot be one. */
export function plainClaim(
  exchange: ServerExchange,
  { user, password }: { user: string; password: string },
): Claim | undefined {
  const message = Buffer.from(`\0${user}\0${password}`, 'latin1').toString('base64')
  const step = exchange.start('PLAIN', message)
  return 'claim' in step ? step.claim : undefined
}
