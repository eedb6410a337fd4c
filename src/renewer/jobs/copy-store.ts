import { isCmsOauthError } from '../../errors.ts'
import type { Jobs, UncopiedRecord } from '../../messages/renewer-jobs.ts'
import type { Claim } from '../store/claim.ts'
import type { Lineage, StoredGrant } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import type { Work } from './job-context.ts'
import { underLineage } from './sealed-grant.ts'

/**
 * Carries every sign-in of the store to another one, where it is newer than what that has; nothing is
 * removed from either. A record that cannot be read or written is told, and the others go on.
 */
export const copyStore: Work<'copy-store'> = async (
  { openStore, openOther },
  { to },
  { signal },
) => {
  const from = await openStore()
  const target = await openOther(to)
  const result: Jobs['copy-store']['result'] = { copied: 0, kept: 0, failed: [] }
  try {
    for (const { user } of await from.overview.listOthers([])) {
      try {
        const isCopied = await copyRecord(user, { from, target }, signal)
        if (isCopied) result.copied += 1
        else result.kept += 1
      } catch (error) {
        result.failed.push(failureOf(user, error))
      }
    }
    return result
  } finally {
    await target.close()
  }
}

interface Stores {
  from: Store
  target: Store
}

/** False where the other store has it, or a newer one. @throws CmsOauthError */
async function copyRecord(user: string, stores: Stores, signal: AbortSignal): Promise<boolean> {
  const { from, target } = stores
  const grant = await from.read(user)
  const isCopied = grant !== undefined && (await copyGrant(grant, target, signal))
  const [unconfirmed] = await from.overview.listUnconfirmed([user])
  const isUnconfirmedCopied =
    unconfirmed !== undefined && (await copyUnconfirmed(unconfirmed, target))
  return isCopied || isUnconfirmedCopied
}

async function copyGrant(grant: StoredGrant, target: Store, signal: AbortSignal): Promise<boolean> {
  const { user } = grant
  const [present] = await target.overview.list([user])
  if (present !== undefined && !isNewer(grant, present)) return false
  const claimed = await target.claim({
    owner: user,
    user,
    purpose: 'sign-in',
    isStrict: true,
    signal,
  })
  if (claimed.kind !== 'mine') return false
  const { claim } = claimed
  try {
    const { isDurable } = await target.save(underLineage(grant, lineageOfCopy(grant, claim)))
    return isDurable
  } finally {
    await claim.giveBack('unsent')
  }
}

/**
 * Hosts take a grant for older than another one of its sign-in by the number, and a store in files counts
 * none. Epoch ms are above all that was ever counted, and grow with each refresh.
 */
function lineageOfCopy({ refreshedAt }: StoredGrant, claim: Claim): Lineage | undefined {
  const lineage = claim.lineage('sign-in')
  return lineage && { ...lineage, number: Math.max(lineage.number, refreshedAt) }
}

async function copyUnconfirmed(grant: StoredGrant, target: Store): Promise<boolean> {
  const [present] = await target.overview.listUnconfirmed([grant.user])
  if (present !== undefined && !isNewer(grant, present)) return false
  const reservation = await target.reserve(grant.user, { kind: 'unconfirmed', mayFallBack: false })
  try {
    return (await reservation.save(grant)).isDurable
  } finally {
    reservation.release()
  }
}

type Stage = Pick<StoredGrant, 'signedInAt' | 'refreshedAt'>

function isNewer(one: Stage, other: Stage): boolean {
  if (one.signedInAt !== other.signedInAt) return one.signedInAt > other.signedInAt
  return one.refreshedAt > other.refreshedAt
}

function failureOf(user: string, error: unknown): UncopiedRecord {
  if (!isCmsOauthError(error)) throw error
  const { message, hint } = error
  return { user, message, hint }
}
