import type { Claim } from '../sasl/server/exchange.ts'
import type { Entry, Gate } from './gate.ts'

/** As whom a claim goes up: by its password or, of a caller that needs none, by any. */
export function claimedEntry(gate: Gate, claim: Claim, mechanism: string): Entry | undefined {
  const account = gate.accountOf(claim)
  const by = claim.password?.name
  if (account !== undefined && by !== undefined) return { account, by, mechanism }
  const named = gate.isAdmitted ? gate.accountNamed(claim) : undefined
  return named === undefined ? undefined : { account: named, by: 'peer', mechanism }
}
