import { addressOf, keyIdOf, openEnvelope, type SealedKind, sealEnvelope } from './envelope.ts'
import type { MasterKey } from './master-key.ts'

/** The key that records are sealed with, and the one that takes its place. */
export interface KeyChange {
  from: MasterKey
  to: MasterKey
}

/** What comes of a record: sealed with the new key, or `kept` as it is since it was already. */
export type SealedAgain = { sealed: Buffer } | 'kept' | { defect: string }

/**
 * Seals what the record holds with the new key, whatever that is; or says why neither key opens it.
 * What was associated with it is again.
 */
export function sealAgain(
  record: Buffer,
  kind: SealedKind,
  { from, to }: KeyChange,
  associated?: Buffer,
): SealedAgain {
  const user = addressOf(record) ?? ''
  const isNew = keyIdOf(record) === to.id
  const opened = openEnvelope({ user, kind, associated }, record, isNew ? to : from)
  if ('defect' in opened) return opened
  return isNew ? 'kept' : { sealed: sealEnvelope({ user, kind, associated }, opened.plaintext, to) }
}
