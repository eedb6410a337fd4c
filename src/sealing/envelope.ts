/**
 * The sealed record, byte by byte:
 *
 *     4  "CMSO"
 *     1  format version (1)
 *     1  kind (1 = grant, 2 = unconfirmed grant, 3 = access token that hosts share, 4 = refusal that
 *        hosts share)
 *     8  id of the key
 *     2  length of the account's address, big endian
 *     n  the address, UTF-8
 *    12  nonce, random for each sealing
 *     m  ciphertext, AES-256-GCM
 *    16  tag
 *
 * All before the nonce is associated data: a record whose address, version or kind was changed, or
 * that belongs to another account, does not open. What is kept beside a record and must belong to it,
 * such as its number, may join the associated data.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { MasterKey } from './master-key.ts'

const magic = 'CMSO'
const formatVersion = 1
const kinds = { grant: 1, unconfirmed: 2, token: 3, failure: 4 } as const
const keyIdBytes = 8
const keyIdOffset = magic.length + 2
const fixedHeaderBytes = keyIdOffset + keyIdBytes + 2
const nonceBytes = 12
const tagBytes = 16

/** What a record may be. */
export type SealedKind = keyof typeof kinds

/** A sign-in in use, or one that was completed but is not known to be the account's. */
export type RecordKind = Exclude<SealedKind, 'token' | 'failure'>

/** What a record says of itself: one with another label does not open. */
interface RecordLabel {
  user: string
  /** Default: grant. */
  kind?: SealedKind
  /** Not in the record, but needed to open it. */
  associated?: Buffer | undefined
}

/** Seals the bytes for an account. */
export function sealEnvelope(
  { user, kind = 'grant', associated = Buffer.of() }: RecordLabel,
  plaintext: Buffer,
  key: MasterKey,
): Buffer {
  const header = encodeHeader(user, key, kind)
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.concat([header, associated]))
  return Buffer.concat([
    header,
    nonce,
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/** The bytes that were sealed with this label and this key, or what is wrong with the record. */
export function openEnvelope(
  { user, kind = 'grant', associated = Buffer.of() }: RecordLabel,
  sealed: Buffer,
  key: MasterKey,
): { plaintext: Buffer } | { defect: string } {
  const header = encodeHeader(user, key, kind)
  if (!sealed.subarray(0, header.length).equals(header)) {
    return { defect: headerDefect(sealed, key, kind) }
  }
  const body = header.length + nonceBytes
  if (sealed.length < body + tagBytes) return { defect: 'it is truncated' }
  const nonce = sealed.subarray(header.length, body)
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes })
  decipher.setAAD(Buffer.concat([header, associated]))
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  try {
    const opened = [decipher.update(sealed.subarray(body, -tagBytes)), decipher.final()]
    return { plaintext: Buffer.concat(opened) }
  } catch {
    return { defect: 'its content was changed' }
  }
}

/** The id of the key that a record names, not yet authenticated; undefined: no record of this format. */
export function keyIdOf(sealed: Buffer): string | undefined {
  if (sealed.length < fixedHeaderBytes || sealed.toString('latin1', 0, 4) !== magic)
    return undefined
  if (sealed[4] !== formatVersion || !isKind(sealed[5])) return undefined
  return sealed.toString('hex', keyIdOffset, keyIdOffset + keyIdBytes)
}

/** The address that a record names, not yet authenticated; undefined: no record of this format. */
export function addressOf(sealed: Buffer): string | undefined {
  if (keyIdOf(sealed) === undefined) return undefined
  const length = sealed.readUInt16BE(fixedHeaderBytes - 2)
  return sealed.toString('utf8', fixedHeaderBytes, fixedHeaderBytes + length)
}

function isKind(kind: number | undefined): boolean {
  return Object.values<number | undefined>(kinds).includes(kind)
}

function headerDefect(sealed: Buffer, key: MasterKey, kind: SealedKind): string {
  const keyId = keyIdOf(sealed)
  if (keyId === undefined) {
    const isNewer = sealed.toString('latin1', 0, 4) === magic && (sealed[4] ?? 0) > formatVersion
    return isNewer ? 'a newer cms-oauth wrote it' : 'it is not a sealed record'
  }
  if (sealed[5] !== kinds[kind]) return 'it is a record of another kind'
  return keyId === key.id ? 'it belongs to another account' : 'it is sealed with another key'
}

function encodeHeader(user: string, key: MasterKey, kind: SealedKind): Buffer {
  const address = Buffer.from(user)
  const header = Buffer.alloc(fixedHeaderBytes + address.length)
  header.write(magic, 'latin1')
  header[4] = formatVersion
  header[5] = kinds[kind]
  header.write(key.id, keyIdOffset, 'hex')
  header.writeUInt16BE(address.length, fixedHeaderBytes - 2)
  address.copy(header, fixedHeaderBytes)
  return header
}
