import { setTimeout as delay } from 'node:timers/promises'
import type { Account } from '../../accounts/account.ts'
import { type ErrorCode, hasUnknownFate, isCmsOauthError } from '../../errors.ts'
import type { FreshToken, RefreshLater, TokenStage } from '../../messages/renewer-jobs.ts'
import type { Claim, ClaimOutcome, ClaimRequest } from '../store/claim.ts'
import type { Store } from '../store/store.ts'
import type { Answering } from './deadline.ts'
import type { JobContext } from './job-context.ts'

/** What is claimed, and who waits for it. */
export interface Claiming extends Pick<ClaimRequest, 'owner' | 'purpose'> {
  /** The token in memory. */
  known?: TokenStage | undefined
  account: Account
  store: Store
  answering: Answering
}

/** Any other is about how this host is configured, or about its disk: another one may well succeed. */
const ofAllHosts: readonly ErrorCode[] = [
  'sign_in_required',
  'provider_unavailable',
  'provider_protocol',
]
/** For so long whoever waits for a token waits for the other hosts to have it. */
const sharingLimitMs = 4_000

/** A claim where it is ours, or what there is in place of it. @throws as Store.claim does */
async function claimFor({
  account: { user, rotation, issuer },
  store,
  answering: { signal, waitForStore },
  owner,
  purpose,
  known,
}: Claiming): Promise<Awaited<ReturnType<Store['claim']>>> {
  const request: ClaimRequest = {
    owner,
    user,
    purpose,
    isStrict: rotation === 'strict',
    issuer,
    signal,
    ...(known === undefined ? {} : { known }),
  }
  return waitForStore(store.claim(request), store.shared?.name)
}

/**
 * Does what asks a provider for a token under a claim, so that of hosts that share the store one asks at
 * a time, and gives what comes to the others. What comes too late is not shared. The answer never waits
 * long for the other hosts. @throws as `work` does, and what a provider said to another host
 */
export async function underClaim<T extends string>(
  { goOn }: Pick<JobContext, 'goOn'>,
  claiming: Claiming,
  exchange: { maySend: () => boolean },
  work: (claim: Claim, maySend: () => boolean) => Promise<FreshToken | T>,
): Promise<FreshToken | T | { later: RefreshLater }> {
  const claimed = await claimFor(claiming)
  if (claimed.kind === 'newer') return claimed.token
  if (claimed.kind === 'later') return { later: claimed.later }
  return withClaim({ goOn }, claimed.claim, exchange, work)
}

/** The same under a claim that is there, which it gives back. */
export async function withClaim<T extends string>(
  { goOn }: Pick<JobContext, 'goOn'>,
  claim: Claim,
  exchange: { maySend: () => boolean },
  work: (claim: Claim, maySend: () => boolean) => Promise<FreshToken | T>,
): Promise<FreshToken | T | { later: RefreshLater }> {
  let wasSent = false
  const maySend = () => {
    const mayLeave = claim.maySend() && exchange.maySend()
    wasSent ||= mayLeave
    return mayLeave
  }
  try {
    const result = await work(claim, maySend)
    if (typeof result === 'string' || claim.isSuperseded) {
      goOn(claim.giveBack(claim.isSuperseded ? 'superseded' : 'unsent'))
      return claim.later === undefined ? result : { later: claim.later }
    }
    const sharing = claim.share(result)
    goOn(sharing)
    return await Promise.race([sharing, delay(sharingLimitMs, result, { ref: false })])
  } catch (error) {
    const { later } = claim
    const outcome = outcomeOf(error, wasSent)
    goOn(claim.giveBack(outcome))
    if (later !== undefined && outcome === 'unsent') return { later }
    throw error
  }
}

function outcomeOf(error: unknown, wasSent: boolean): ClaimOutcome {
  if (!wasSent) return 'unsent'
  if (!isCmsOauthError(error)) return 'unknown'
  const { code } = error
  if (hasUnknownFate(error)) return 'unknown'
  return ofAllHosts.includes(code) ? { refused: error } : 'refused_here'
}
