/** A part of a list of keys: etcd's Range with a limit. */
import { flag, listOf, openFields, optional, type Shape } from '../shapes/shape.ts'
import { type CountedAnswer, countedHeader } from './gateway-answer.ts'
import { type KeyValue, keyValueOf, keyValueShape, type WireKeyValue } from './key-value.ts'

/** Which keys, in base64, and how many of them at most; revision '0': as they are now. */
export interface PageQuery {
  key: string
  range_end: string
  limit: string
  revision: string
}

/** Keys in order. */
export interface Page {
  kvs: KeyValue[]
  /** As bytes: one that is not UTF-8 is another as text, from which a list would never get on. */
  lastKey?: Buffer
  isLast: boolean
  revision: string
}

interface WirePage extends CountedAnswer {
  kvs?: WireKeyValue[]
  more?: boolean
}

/** Behind a key it is the next one that there can be. */
const zero = Buffer.of(0)
const wireShape: Shape<WirePage> = openFields<WirePage>({
  header: countedHeader,
  kvs: optional(listOf(keyValueShape)),
  more: optional(flag),
})

/** The first key that there can be behind this one. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, zero])
}

/** The form of a page of these keys: each is behind the one before, or a list might never end. */
export function shapeOfPage({ key, range_end: end, limit }: PageQuery): Shape<WirePage> {
  const [first, last] = [key, end].map((one) => Buffer.from(one, 'base64')) as [Buffer, Buffer]
  return (value) => {
    const place = wireShape(value)
    if (place !== undefined) return place
    const { kvs = [], more = false } = value as WirePage
    if (kvs.length > Number(limit) || (more && kvs.length === 0)) return '.kvs'
    let least = first
    for (const [index, kv] of kvs.entries()) {
      const found = Buffer.from(kv.key, 'base64')
      if (found.compare(least) < 0 || found.compare(last) >= 0) return `.kvs[${index}].key`
      least = keyAfter(found)
    }
    return undefined
  }
}

/** The same without absent fields. */
export function pageOf({ kvs = [], more = false, header }: WirePage, { limit }: PageQuery): Page {
  const { key: lastKey } = kvs.at(-1) ?? {}
  return {
    kvs: kvs.map(keyValueOf),
    ...(lastKey === undefined ? {} : { lastKey: Buffer.from(lastKey, 'base64') }),
    isLast: !more && kvs.length < Number(limit),
    revision: header.revision,
  }
}
