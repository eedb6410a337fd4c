import { isCmsOauthError, StoreLockedError } from '../../../errors.ts'
import { keyIdOf } from '../../../sealing/envelope.ts'
import { type KeyChange, sealAgain, type SealedAgain } from '../../../sealing/seal-again.ts'
import type { HeldRecord, RecordKey } from '../engine.ts'
import type { Rekeyed } from './rekeyed.ts'

/** Puts a record in place of the one that is there; false where that could not be. */
type Write = (key: RecordKey, sealed: Buffer, record: HeldRecord) => Promise<boolean> | boolean

/** Seals records of this host's disk again, one after the other. @throws StoreLockedError */
export async function rekeyHeld(
  records: readonly HeldRecord[],
  keys: KeyChange,
  rekeyed: Rekeyed,
  write: Write,
): Promise<void> {
  for (const record of records) {
    const { user, kind, place } = record
    const again = sealedAgain(record, keys)
    if (again === 'kept') rekeyed.kept += 1
    else if ('defect' in again) rekeyed.left.push(leftAlone(user, place, again.defect))
    else if (user === undefined) rekeyed.left.push(leftAlone(user, place, isMisplaced))
    else if (await write({ user, kind }, again.sealed, record)) rekeyed.sealed += 1
    else throw notWritten(place)
  }
}

/** True where all records that say it are sealed with this key. */
export function isAllSealedWith(records: readonly HeldRecord[], keyId: string): boolean {
  return records.every((record) => {
    const bytes = read(record)
    return (Buffer.isBuffer(bytes) ? (keyIdOf(bytes) ?? keyId) : keyId) === keyId
  })
}

/** Why a record is nobody's. */
export const isMisplaced = 'its name is that of another account'

/** Says which record was left alone, and why; `user` is what it says itself. */
export function leftAlone(user: string | undefined, place: string, defect: string): string {
  const whose = user === undefined ? 'a record' : `the record of "${user}"`
  return `${whose} in "${place}" was left alone: ${defect}`
}

function sealedAgain(record: HeldRecord, keys: KeyChange): SealedAgain {
  const bytes = read(record)
  return Buffer.isBuffer(bytes) ? sealAgain(bytes, record.kind, keys) : bytes
}

function read(record: HeldRecord): Buffer | { defect: string } {
  try {
    return record.read() ?? { defect: 'it has just gone' }
  } catch (error) {
    if (isCmsOauthError(error)) return { defect: error.message }
    throw error
  }
}

function notWritten(place: string): StoreLockedError {
  return new StoreLockedError(`the record "${place}" could not be written`, {
    hint: 'check the disk, and run it again: it goes on from there',
  })
}
