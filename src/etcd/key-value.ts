/** The JSON that etcd's gateway makes of its messages: bytes are base64, 64-bit numbers are strings, and zero is absent. */
import { openFields, optional, type Shape, text, where } from '../shapes/shape.ts'

/** A key and what it holds. Revisions and lease ids are decimal, and may be beyond 2^53. */
export interface KeyValue {
  key: string
  value: Buffer
  /** The revision of the engine that last wrote it: tells one version from every other. */
  modRevision: string
  createRevision: string
  /** How often it was written since it was created. */
  version: string
  /** The lease that it expires with; '0': none. */
  lease: string
}

/** A key and what it holds, as the gateway writes them. */
export interface WireKeyValue {
  key: string
  value?: string
  create_revision?: string
  mod_revision: string
  version?: string
  lease?: string
}

/** A number of 64 bits with or without a sign, as text. */
export const int64: Shape<string> = where<string>(
  (value) => typeof value === 'string' && /^-?\d{1,20}$/.test(value.slice(0, 30)),
)

const largestCount = 2n ** 63n - 1n

/** What the engine counts, or an id that it gives: as text, and no other text is the same number. */
export const count: Shape<string> = where<string>(
  (value) =>
    typeof value === 'string' &&
    /^(?:0|[1-9]\d{0,18})$/.test(value.slice(0, 30)) &&
    BigInt(value) <= largestCount,
)

/** The same where zero would say that there is none. */
export const countFromOne: Shape<string> = where<string>(
  (value) => value !== '0' && count(value) === undefined,
)

/** The form of a key and what it holds. */
export const keyValueShape: Shape<WireKeyValue> = openFields<WireKeyValue>({
  key: text,
  value: optional(text),
  create_revision: optional(count),
  // By it one version is told from all others: no key is without.
  mod_revision: countFromOne,
  version: optional(count),
  lease: optional(int64),
})

/** The same without absent fields. */
export function keyValueOf(wire: WireKeyValue): KeyValue {
  return {
    key: Buffer.from(wire.key, 'base64').toString(),
    value: Buffer.from(wire.value ?? '', 'base64'),
    modRevision: wire.mod_revision,
    createRevision: wire.create_revision ?? '0',
    version: wire.version ?? '0',
    lease: wire.lease ?? '0',
  }
}

/** Bytes as the gateway takes them. */
export function base64(bytes: string | Buffer): string {
  return Buffer.from(bytes as string).toString('base64')
}

/** The end of the range of all keys with this prefix, which is itself not in it. */
export function endOfPrefix(prefix: string): Buffer {
  const end = Buffer.from(prefix)
  for (let last = end.length - 1; last >= 0; last--) {
    const byte = end[last] ?? 0
    if (byte === 0xff) continue
    end[last] = byte + 1
    return end.subarray(0, last + 1)
  }
  return Buffer.from([0])
}
