/**
 * What servers and proxies compress though nobody asked for it (RFC 9110 section 8.4): as much of it as
 * can be read, and never more than the limit, whatever it grows to.
 */
import type { Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
} from 'node:zlib'

/** No answer that means anything is longer. */
export const answerLimitBytes = 1024 * 1024

/** What a body was before it was compressed. */
export interface Decompressed {
  bytes: Buffer
  /**
   * `cut`: it is longer than the limit; `broken`: it is what came before a fault; `unknown`: nothing can be
   * made of it, and it is as it came.
   */
  end: 'whole' | 'cut' | 'broken' | 'unknown'
}

/** How many codings are taken away: nobody has a good reason for more. */
const mostCodings = 4
/** A body that breaks off is decoded as far as it goes. */
const options = { finishFlush: constants.Z_SYNC_FLUSH }
const brotliOptions = { finishFlush: constants.BROTLI_OPERATION_FLUSH }

interface Decoder {
  create: () => Transform
  /** The length of a header that it does not know. */
  skip?: number
}

const bare = () => createInflateRaw(options)
/**
 * By the name of a coding: what may be behind it, the likeliest first. zlib gives nothing of what has a
 * wrong checksum; the bare format has none.
 */
const decoders: Record<string, Decoder[]> = {
  gzip: [{ create: () => createGunzip(options) }, { create: bare, skip: 10 }],
  // The name means zlib's format; some send the bare one (RFC 9110 section 8.4.1.2).
  deflate: [{ create: () => createInflate(options) }, { create: bare }, { create: bare, skip: 2 }],
  br: [{ create: () => createBrotliDecompress(brotliOptions) }],
}

/** Takes away what a Content-Encoding names, the last one first. Never rejects. */
export async function decompress(raw: Buffer, contentEncoding: string): Promise<Decompressed> {
  const codings = codingsIn(contentEncoding, raw)
  // A body with the name of a coding may be plain all the same.
  if (codings.length === 0 || isText(raw.toString('utf8', 0, 1_024))) {
    return { bytes: raw, end: 'whole' }
  }
  let decompressed: Decompressed = { bytes: raw, end: 'whole' }
  for (const coding of codings.slice(0, mostCodings)) {
    const next = await withoutCoding(decompressed.bytes, coding)
    if (next === undefined) return { bytes: raw, end: 'unknown' }
    decompressed = next.end === 'whole' ? { ...decompressed, bytes: next.bytes } : next
  }
  return decompressed
}

/** True for the beginning of what people and programs write; its last character may be cut. */
export function isText(beginning: string): boolean {
  return !/[^\P{Cc}\s]|\ufffd/u.test(beginning.slice(0, 1_000))
}

function codingsIn(contentEncoding: string, raw: Buffer): string[] {
  const names = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim().replace(/^x-/, ''))
    .filter((name) => name !== '' && name !== 'identity')
  // A proxy may lose the header that says so.
  const isGzip = raw[0] === 0x1f && raw[1] === 0x8b
  return names.length === 0 && isGzip ? ['gzip'] : names.toReversed()
}

async function withoutCoding(bytes: Buffer, coding: string): Promise<Decompressed | undefined> {
  let best: Decompressed | undefined
  for (const { create, skip = 0 } of decoders[coding] ?? []) {
    const decoded = await runDecoder(create(), bytes.subarray(skip))
    if (decoded.bytes.length > 0 && decoded.end !== 'broken') return decoded
    if (decoded.bytes.length > (best?.bytes.length ?? 0)) best = decoded
  }
  return best
}

function runDecoder(decoder: Transform, bytes: Buffer): Promise<Decompressed> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const finish = (end: Decompressed['end']) => {
      decoder.destroy()
      resolve({ bytes: Buffer.concat(chunks).subarray(0, answerLimitBytes), end })
    }
    decoder.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > answerLimitBytes) finish('cut')
    })
    decoder.once('end', () => finish('whole'))
    decoder.on('error', () => finish('broken'))
    decoder.end(bytes)
  })
}
