/**
 * Names of entries: when they were accepted, so that the oldest comes first, then what tells one handing
 * over of a caller from another. A notice of the outbox itself has a mark at the end.
 */
import { createHash } from 'node:crypto'

const form = /^([0-9a-z]{9})-([0-9a-f]{12})(n?)$/

/** The part of a name that is the same when the same caller asks again with the same id. */
export function submissionTag(uid: number, submissionId: string): string {
  return createHash('sha256').update(`${uid} ${submissionId}`).digest('hex').slice(0, 12)
}

/** The name of an entry that is accepted at this moment (epoch ms). */
export function entryId(at: number, tag: string, kind: 'message' | 'notice' = 'message'): string {
  const time = at.toString(36).padStart(9, '0')
  return kind === 'notice' ? `${time}-${tag}n` : `${time}-${tag}`
}

/** True for a name as `entryId` makes them: nothing else in a path, whoever sent it. */
export function isEntryId(name: string): boolean {
  return form.test(name)
}

/** True for a notice of the outbox itself. */
export function isNotice(id: string): boolean {
  return id.endsWith('n')
}

/** The part of a name that submissionTag gave. */
export function tagOf(id: string): string {
  return form.exec(id)?.[2] ?? ''
}
