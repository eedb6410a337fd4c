/** The text of an answer, as far as it came: what a token endpoint gave is never thrown away. */
import type { IncomingMessage } from 'node:http'
import { brotliDecompressSync, constants, gunzipSync, inflateSync } from 'node:zlib'
import { ProviderProtocolError } from '../errors.ts'
import { checkEndpoints } from '../oauth/next-steps.ts'

/** A body, and why it is not the whole of it; absent: it is. */
export interface AnswerBody {
  text: string
  defect?: Error
}

const limitBytes = 1024 * 1024

/** Reads a body to its end, to the limit, or to where the connection broke. Never rejects. */
export async function readAnswerBody(response: IncomingMessage): Promise<AnswerBody> {
  const chunks: Buffer[] = []
  let size = 0
  let defect: Error | undefined
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size <= limitBytes) continue
      defect = tooLong()
      break
    }
  } catch (error) {
    defect = error as Error
  }
  const raw = Buffer.concat(chunks).subarray(0, limitBytes)
  const text = decode(decompress(raw, response.headers['content-encoding']))
  return defect === undefined ? { text } : { text, defect }
}

function tooLong(): ProviderProtocolError {
  return new ProviderProtocolError(`the provider's answer is longer than ${limitBytes} bytes`, {
    hint: checkEndpoints,
  })
}

/** Nothing compressed was asked for; a server may send it all the same. */
function decompress(raw: Buffer, encoding: string | undefined): Buffer {
  const options = { maxOutputLength: limitBytes, finishFlush: constants.Z_SYNC_FLUSH }
  try {
    switch (encoding?.trim().toLowerCase()) {
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(raw, options)
      case 'deflate':
        return inflateSync(raw, options)
      case 'br':
        return brotliDecompressSync(raw, { maxOutputLength: limitBytes })
      default:
        return raw
    }
  } catch {
    // It goes by that name, and is plain; or it is broken, and read as what it is.
    return raw
  }
}

/** UTF-8, as JSON is (RFC 8259 section 8.1), unless a byte order mark says otherwise. */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le')
  return bytes.toString('utf8')
}
