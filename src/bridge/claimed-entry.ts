import type { Claim } from '../sasl/server/exchange.ts'
import type { Entry, Gate } from './gate.ts'

/**
 * The account and caller that a claim logs in as: by its password or, for a caller that needs none, with
 * any. Undefined where the password is wrong.
 */
export function claimedEntry(gate: Gate, claim: Claim, mechanism: string): Entry | undefined {
  const account = gate.accountOf(claim)
  const by = claim.password?.name
  if (account !== undefined && by !== undefined) return { account, by, mechanism }
  const { admission } = gate
  const named = admission && gate.accountNamed(claim)
  if (admission === undefined || named === undefined) return undefined
  return { account: named, by: admission, mechanism }
}
