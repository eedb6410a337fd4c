/**
 * The sealed record, byte by byte:
 *
 *     4  "CMSO"
 *     1  format version (1)
 *     1  kind (1 = grant)
 *     8  id of the key
 *     2  length of the account's address, big endian
 *     n  the address, UTF-8
 *    12  nonce, random for each sealing
 *     m  ciphertext, AES-256-GCM
 *    16  tag
 *
 * All before the nonce is associated data: a record whose address, version or kind was changed, or
 * that belongs to another account, does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { MasterKey } from './master-key.ts'

const magic = 'CMSO'
const formatVersion = 1
const kindGrant = 1
const keyIdBytes = 8
const fixedHeaderBytes = 4 + 1 + 1 + keyIdBytes + 2
const nonceBytes = 12
const tagBytes = 16

/** What a sealed record says of itself before it is opened; not yet authenticated. */
export interface EnvelopeHeader {
  keyId: string
  user: string
}

/** Seals the bytes for an account. */
export function seal(user: string, plaintext: Buffer, key: MasterKey): Buffer {
  const header = encodeHeader(user, key)
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce)
  cipher.setAAD(header)
  return Buffer.concat([
    header,
    nonce,
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/** The header; undefined where the bytes are no sealed record of this version. */
export function readHeader(sealed: Buffer): EnvelopeHeader | undefined {
  if (sealed.length < fixedHeaderBytes) return undefined
  if (sealed.toString('latin1', 0, 4) !== magic) return undefined
  if (sealed[4] !== formatVersion || sealed[5] !== kindGrant) return undefined
  const userBytes = sealed.readUInt16BE(fixedHeaderBytes - 2)
  const end = fixedHeaderBytes + userBytes
  if (sealed.length < end + nonceBytes + tagBytes) return undefined
  return {
    keyId: sealed.toString('hex', 6, 6 + keyIdBytes),
    user: sealed.toString('utf8', fixedHeaderBytes, end),
  }
}

/** The bytes that were sealed for this account with this key; undefined for anything else. */
export function open(user: string, sealed: Buffer, key: MasterKey): Buffer | undefined {
  const header = encodeHeader(user, key)
  const body = header.length + nonceBytes
  if (sealed.length < body + tagBytes) return undefined
  if (!sealed.subarray(0, header.length).equals(header)) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, sealed.subarray(header.length, body))
  decipher.setAAD(header)
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  const plaintext = decipher.update(sealed.subarray(body, -tagBytes))
  try {
    return Buffer.concat([plaintext, decipher.final()])
  } catch {
    return undefined
  }
}

function encodeHeader(user: string, key: MasterKey): Buffer {
  const address = Buffer.from(user)
  const header = Buffer.alloc(fixedHeaderBytes + address.length)
  header.write(magic, 'latin1')
  header[4] = formatVersion
  header[5] = kindGrant
  header.write(key.id, 6, 'hex')
  header.writeUInt16BE(address.length, fixedHeaderBytes - 2)
  address.copy(header, fixedHeaderBytes)
  return header
}
