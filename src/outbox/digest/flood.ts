import { addressKey } from '../../spool/address-key.ts'
import { ownerOf, type QueueEntry } from '../queue/queue.ts'
import { isDigest, isNotice } from '../spool/entry-id.ts'
import { subjectFamily } from './subject-family.ts'

/**
 * The messages that wait behind one whose caller has sent too many, itself among them, the oldest first: of the same
 * caller, to the same recipients, with a subject like its own. None where it has not waited for that, or where there
 * are not more than `above`.
 */
export function floodOf(entry: QueueEntry, all: Iterable<QueueEntry>, above: number): QueueEntry[] {
  if (entry.isHeldBack !== true || !isCandidate(entry)) return []
  const [owner, envelope] = [ownerOf(entry), envelopeOf(entry)]
  const others: QueueEntry[] = []
  for (const each of all) {
    if (!isCandidate(each) || ownerOf(each) !== owner) continue
    if (envelopeOf(each) === envelope) others.push(each)
  }
  // Subjects are compared where that may come to something.
  if (others.length <= above) return []
  const family = subjectFamily(entry.subject)
  const flood = others.filter(({ subject }) => subjectFamily(subject) === family)
  return flood.length <= above ? [] : flood.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** The most of some messages that are alike, in their order; none where there are not more than `above`. */
export function largestFlood(some: readonly QueueEntry[], above: number): QueueEntry[] {
  const floods = new Map<string, QueueEntry[]>()
  for (const each of some.filter(isCandidate)) {
    const kind = `${envelopeOf(each)}\n${subjectFamily(each.subject)}`
    const known = floods.get(kind)
    if (known === undefined) floods.set(kind, [each])
    else known.push(each)
  }
  let largest: QueueEntry[] = []
  for (const flood of floods.values()) if (flood.length > largest.length) largest = flood
  return largest.length <= above ? [] : largest
}

/** One that was tried may have been sent: it goes again as it is. */
function isCandidate({ id, state, tries, staysAlone }: QueueEntry): boolean {
  if (state !== 'waiting' || tries > 0 || isNotice(id) || isDigest(id)) return false
  return staysAlone !== true
}

function envelopeOf({ recipients }: QueueEntry): string {
  return recipients.map(addressKey).toSorted().join(' ')
}
