/** What a claim changes in an engine that hosts share when it ends. */
import { type SharedToken, sealToken } from '../../fleet/token-record.ts'
import type { FleetNews } from '../../messages/renewer-messages.ts'
import type { MasterKey } from '../../sealing/master-key.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import type { ClaimOutcome, ClaimRequest } from './claim.ts'
import { partsOf, seenOf } from './settle-claim.ts'
import type { SharedChange, SharedState, Sight } from './shared-state.ts'

/** What all claims of a process work with. */
export interface ClaimWorld {
  state: SharedState
  tokenKey: MasterKey
  /** Epoch ms. */
  now: () => number
  onNews: (news: FleetNews) => void
  /** How long the lease must last when a request leaves: the deadline of a job and 5 s. */
  reserveMs: number
}

/** Which claim ends. */
export interface Claimed {
  world: ClaimWorld
  request: ClaimRequest
  job: string
  /** Of the grant when it was claimed. */
  number: number
  /** Of a slow sign-in of the same account. */
  slowJob: string | undefined
}

/** For so long the other hosts believe a refusal. */
const refusalMs = 60_000
const longestRefusalMs = 15 * 60_000

/** The token for all hosts, and the claim given back; no token where another host has written a grant since. */
export function sharing(claimed: Claimed, sight: Sight, token: SharedToken): SharedChange {
  const { world, request, job } = claimed
  const { owner, user, purpose, issuer } = request
  // What is there beside the grant of this claim is older: a logout at a host without the account leaves its token.
  const isNewest =
    purpose === 'app-token'
      ? sight.token === undefined || sight.token.number < token.number
      : sight.grant.job === job
  const { tokenKey, state } = world
  const told = { ...token, expiresAt: token.expiresAt - state.clockAheadMs }
  const sealed = isNewest ? sealToken(user, told, tokenKey, issuer) : undefined
  const { parts, slow } = leaving(claimed, sight)
  return {
    owner,
    user,
    where: { grant: sight.grant, token: sight.token, ...seenOf(sight) },
    remove: [...parts, ...(sight.failure === undefined ? [] : ['failure' as const])],
    put: {
      ...slow,
      ...(sealed === undefined ? {} : { token: { number: token.number, sealed } }),
    },
  }
}

/** The claim given back, and a refusal told to all hosts. */
export function givingBack(claimed: Claimed, sight: Sight, outcome: ClaimOutcome): SharedChange {
  const { owner, user, purpose } = claimed.request
  const { parts, slow } = leaving(claimed, sight)
  const mayTell = purpose === 'refresh' || purpose === 'app-token'
  const failure = typeof outcome === 'object' && mayTell ? failureOf(claimed, outcome) : undefined
  return {
    owner,
    user,
    where: { grant: sight.grant, ...seenOf(sight) },
    remove: outcome === 'unknown' ? parts.filter((part) => part === 'lock') : parts,
    put: {
      ...(outcome === 'unknown' ? {} : slow),
      ...(failure === undefined ? {} : { failure }),
    },
  }
}

/**
 * What is there of the claim, and what is put in its place: while a slow sign-in may still be presented
 * here, other hosts leave the account alone as one of which nobody knows whether it was refreshed.
 */
function leaving(
  { job, slowJob }: Claimed,
  sight: Sight,
): {
  parts: ('lock' | 'intent')[]
  slow: Pick<NonNullable<SharedChange['put']>, 'intent'>
} {
  const parts = partsOf(job, sight)
  if (slowJob === undefined || slowJob === job || !parts.includes('intent'))
    return { parts, slow: {} }
  return {
    parts: parts.filter((part) => part === 'lock'),
    slow: { intent: { job: slowJob, number: sight.grant.number } },
  }
}

function failureOf(
  { world, number }: Claimed,
  { refused }: { refused: Parameters<typeof errorToWire>[0] },
) {
  const error = errorToWire(refused)
  const asked = error.retry_after_ms ?? 0
  const forMs = Math.min(longestRefusalMs, Math.max(refusalMs, asked))
  const untilMs = world.now() - world.state.clockAheadMs + forMs
  return { number, untilMs, error }
}
