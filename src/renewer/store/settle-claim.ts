/** What a claim has left in an engine that hosts share, and how it is taken away. */
import { isCmsOauthError } from '../../errors.ts'
import type { FleetNews } from '../../messages/renewer-messages.ts'
import type { Lineage } from './record.ts'
import type { Written } from './sealed-grants.ts'
import type { SharedChange, SharedKeys, SharedState, Sight } from './shared-state.ts'

const tries = 5

/** What came of the wish to change something; why the engine has not taken it, where it says that. */
export interface Settled {
  isDone: boolean
  trouble?: string
}

/**
 * Looks, and writes what follows from it, until nothing came between. Where the engine cannot be asked
 * nothing is done: a lock expires with its lease.
 */
export async function settle(
  state: SharedState,
  keys: SharedKeys,
  changeOf: (sight: Sight) => SharedChange,
): Promise<Settled> {
  try {
    for (let left = tries; left > 0; left--) {
      const change = changeOf(await state.look(keys))
      if (isNothing(change) || (await state.write(change))) return { isDone: true }
    }
    return { isDone: false }
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return { isDone: false, trouble: error.message }
  }
}

/** What is there of the claim. */
export function partsOf(job: string, { lock, intent }: Sight): ('lock' | 'intent')[] {
  const parts = { lock, intent }
  return (['lock', 'intent'] as const).filter((part) => parts[part]?.job === job)
}

/** Lock and intent as they were seen. */
export function seenOf({ lock, intent }: Sight): Pick<SharedChange['where'], 'lock' | 'intent'> {
  return { lock, intent }
}

/**
 * Ends the claim of a process that is gone, or that had given it back, once the grant that came of it is written or
 * too late: other hosts need not wait for its lease. Without `written` the engine says what became of it.
 * The refresh token of one that is too late is not revoked: days may have passed, and some providers end
 * with it every sign-in of the person at the client (Google, Keycloak), also one that a store elsewhere has.
 * Nobody has it any more; a process that runs does revoke what comes moments after a logout.
 * Never throws for what the engine refuses.
 */
export async function endEarlierClaim(
  { state, onNews }: { state: SharedState; onNews: (news: FleetNews) => void },
  user: string,
  { job, number: before }: Lineage,
  written?: Written,
): Promise<void> {
  const keys = { owner: user, user }
  let outcome = written?.outcome
  await settle(state, keys, (sight) => {
    outcome ??= sight.grant.job === job ? 'durable' : 'superseded'
    const where = { grant: sight.grant, ...seenOf(sight) }
    return { ...keys, where, remove: partsOf(job, sight) }
  })
  if (outcome === 'durable') {
    onNews({ event: 'committed', user, job, number: written?.number ?? before + 1 })
  } else if (outcome === 'superseded') {
    onNews({ event: 'superseded', user, job, number: before })
  }
}

function isNothing({ put = {}, remove = [] }: SharedChange): boolean {
  return Object.keys(put).length === 0 && remove.length === 0
}
