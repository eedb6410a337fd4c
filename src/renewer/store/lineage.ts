import type { HeldRecord } from './engine.ts'
import { encodeRecord, type Lineage, type StoredGrant } from './record.ts'

/** What an engine that hosts share holds of the account now, opened where that can be done. */
interface Present {
  held: HeldRecord | undefined
  kept: StoredGrant | undefined
}

/** Whether a grant may still be written: `taken`, another is there by now; `written`, it is there itself. */
export type Place = 'free' | 'taken' | 'written'

/**
 * Whether a grant that comes late may be written. By the grant, not by the lock: whoever has the answer
 * of the provider has the newest refresh token, whoever holds the lock by then.
 */
export function placeOf(grant: StoredGrant, lineage: Lineage, { held, kept }: Present): Place {
  if (held?.stamp?.job === lineage.job) return isSame(grant, kept) ? 'written' : 'free'
  if (held?.revision === lineage.revision) return 'free'
  if (lineage.isSignIn) return isOutdated({ held, kept }, grant) ? 'free' : 'taken'
  return isNoNewer(grant, lineage, { held, kept }) ? 'free' : 'taken'
}

/** The grant as it is kept in its place. */
export function withoutLineage({ lineage: _lineage, ...grant }: StoredGrant): StoredGrant {
  return grant
}

/** What cannot be read is of no use to anybody; an account that was signed out stays so. */
function isOutdated({ held, kept }: Present, { signedInAt }: StoredGrant): boolean {
  return held !== undefined && (kept === undefined || kept.signedInAt <= signedInAt)
}

/**
 * An engine that was restored from a backup has an earlier grant of the same sign-in; one whose records
 * were sealed with a new key has the same one by another revision.
 */
function isNoNewer({ signedInAt }: StoredGrant, lineage: Lineage, { held, kept }: Present) {
  const { number = Number.POSITIVE_INFINITY } = held?.stamp ?? {}
  return kept?.signedInAt === signedInAt && number <= lineage.number
}

function isSame(one: StoredGrant, other: StoredGrant | undefined): boolean {
  if (other === undefined) return false
  return encodeRecord(withoutLineage(one)).equals(encodeRecord(withoutLineage(other)))
}
