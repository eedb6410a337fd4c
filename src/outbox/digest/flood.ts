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

/** One that was tried may have been sent: it goes again as it is. */
function isCandidate({ id, state, tries, staysAlone }: QueueEntry): boolean {
  if (state !== 'waiting' || tries > 0 || isNotice(id) || isDigest(id)) return false
  return staysAlone !== true
}

function envelopeOf({ recipients }: QueueEntry): string {
  return recipients.map(addressKey).toSorted().join(' ')
}
