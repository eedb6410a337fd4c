import type { Claim } from '../sasl/server/exchange.ts'
import type { Entry, Gate } from './gate.ts'

/** As whom a claim goes up: by its password or, of a caller that needs none, by any. */
export function claimedEntry(gate: Gate, claim: Claim, mechanism: string): Entry | undefined {
  const account = gate.accountOf(claim)
  const by = claim.password?.name
  if (account !== undefined && by !== undefined) return { account, by, mechanism }
  const { admission } = gate
  const named = admission && gate.accountNamed(claim)
  if (admission === undefined || named === undefined) return undefined
  return { account: named, by: admission, mechanism }
}
