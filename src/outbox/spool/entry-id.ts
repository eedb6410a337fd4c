/**
 * Names of entries: when they were accepted, so that the oldest comes first, then what tells one handing
 * over of a caller from another. A notice of the outbox itself has a mark at the end, and so has a digest.
 */
import { createHash } from 'node:crypto'

/** What an entry is: handed over by a caller, or written by the outbox. */
type EntryKind = 'message' | 'notice' | 'digest'

const marks: Record<EntryKind, string> = { message: '', notice: 'n', digest: 'd' }
const form = /^([0-9a-z]{9})-([0-9a-f]{12})([nd]?)$/

/** The part of a name that is the same when the same caller asks again with the same id. */
export function submissionTag(uid: number, submissionId: string): string {
  return createHash('sha256').update(`${uid} ${submissionId}`).digest('hex').slice(0, 12)
}

/** The name of an entry that is accepted at this moment (epoch ms). */
export function entryId(at: number, tag: string, kind: EntryKind = 'message'): string {
  return `${at.toString(36).padStart(9, '0')}-${tag}${marks[kind]}`
}

/** True for a name as `entryId` makes them: nothing else in a path, whoever sent it. */
export function isEntryId(name: string): boolean {
  return form.test(name)
}

/** True for a notice of the outbox itself. */
export function isNotice(id: string): boolean {
  return id.endsWith('n')
}

/** True for a digest, which the outbox has made of several messages. */
export function isDigest(id: string): boolean {
  return form.exec(id)?.[3] === marks.digest
}

/** When it was accepted, epoch ms. */
export function acceptedAt(id: string): number {
  return Number.parseInt(form.exec(id)?.[1] ?? '0', 36)
}

/** The part of a name that submissionTag gave. */
export function tagOf(id: string): string {
  return form.exec(id)?.[2] ?? ''
}
