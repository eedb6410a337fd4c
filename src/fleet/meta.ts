import { StoreUnreadableError } from '../errors.ts'
import { number, openFields, type Shape, text } from '../shapes/shape.ts'
import { parseLine } from './fleet-records.ts'

/** The form of all records of this version. */
export const fleetFormat = 1

/** What is said once of all records, in clear. */
export interface Meta {
  format: number
  grant_key_id: string
  token_key_id: string
}

const metaShape: Shape<Meta> = openFields<Meta>({
  format: number,
  grant_key_id: text,
  token_key_id: text,
})

/** The keys of this host, by their ids; one that only reads tokens has no key of grants. */
export interface KeyIds {
  grantKeyId?: string
  tokenKeyId: string
}

/** What a host that has both keys writes where there is nothing yet. */
export function metaOf({ grantKeyId, tokenKeyId }: Required<KeyIds>): Meta {
  return { format: fleetFormat, grant_key_id: grantKeyId, token_key_id: tokenKeyId }
}

/**
 * Compares the keys of this host with those of the store; `place` is where it is, for the message, and
 * without a value the record is missing. The records of a newer format may be read as far as they can be.
 * @throws StoreUnreadableError where one is another, or it is not the record that it should be
 */
export function requireKeys(value: Buffer | undefined, keys: KeyIds, place: string): Meta {
  if (value === undefined) {
    throw new StoreUnreadableError(`the record "meta" of the store ${place} is missing`, {
      hint: 'check "prefix" of [store]; if it is right, start cms-oauthd on one host with the old keys: it writes this record again; nothing was changed',
    })
  }
  const meta = parseLine(value, metaShape)
  if (meta === undefined) {
    throw new StoreUnreadableError(`the record "meta" of the store ${place} cannot be read`, {
      hint: 'check "prefix" of [store]: another program may be using it; nothing was changed',
    })
  }
  if (meta.token_key_id !== keys.tokenKeyId) throw otherKey('key of shared tokens', place)
  if (keys.grantKeyId !== undefined && meta.grant_key_id !== keys.grantKeyId) {
    throw otherKey("store's key", place)
  }
  return meta
}

/** True where the store is of these keys; false also where its record is missing, or is something else. */
export function hasKeys(
  value: Buffer | undefined,
  { grantKeyId, tokenKeyId }: Required<KeyIds>,
): boolean {
  const meta = value && parseLine(value, metaShape)
  return meta?.grant_key_id === grantKeyId && meta.token_key_id === tokenKeyId
}

/** Only reading is right then. @throws StoreUnreadableError for records of a newer format */
export function requireOurFormat({ format }: Meta, place: string): void {
  if (format <= fleetFormat) return
  throw new StoreUnreadableError(`the records of the store ${place} are of a newer cms-oauth`, {
    hint: 'install that version on this host too; nothing was changed',
  })
}

function otherKey(what: string, place: string): StoreUnreadableError {
  return new StoreUnreadableError(`the ${what} of this host is not that of the store ${place}`, {
    hint: 'all hosts of a store need the same keys: copy it from a host that works; nothing was changed',
  })
}
