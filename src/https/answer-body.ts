/** The text of an answer, as far as it came: what a token endpoint gave is never thrown away. */
import type { IncomingMessage } from 'node:http'
import { ProviderProtocolError } from '../errors.ts'
import { checkEndpoints } from '../oauth/next-steps.ts'
import { answerLimitBytes, decompress, isText } from './content-coding.ts'

/** A body, and why it is incomplete; absent: it is whole. */
export interface AnswerBody {
  text: string
  defect?: Error
}

/** Reads a body to its end, to the limit, or to where the connection broke. Never rejects. */
export async function readAnswerBody(response: IncomingMessage): Promise<AnswerBody> {
  const { raw, ...received } = await receive(response)
  const coding = response.headers['content-encoding'] ?? ''
  const { bytes, end } = await decompress(raw, coding)
  const text = decode(bytes)
  const isReadable = end === 'whole' || end === 'cut' || (end === 'unknown' && isText(text))
  const ofCoding = isReadable ? undefined : unreadable(coding)
  const defect = ofCoding ?? received.defect ?? (end === 'cut' ? tooLong() : undefined)
  return defect === undefined ? { text } : { text, defect }
}

async function receive(response: IncomingMessage): Promise<{ raw: Buffer; defect?: Error }> {
  const chunks: Buffer[] = []
  let size = 0
  let defect: Error | undefined
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size <= answerLimitBytes) continue
      defect = tooLong()
      break
    }
  } catch (error) {
    defect = error as Error
  }
  const raw = Buffer.concat(chunks).subarray(0, answerLimitBytes)
  return defect === undefined ? { raw } : { raw, defect }
}

function tooLong(): ProviderProtocolError {
  return new ProviderProtocolError(
    `the provider's answer is longer than ${answerLimitBytes} bytes`,
    { hint: checkEndpoints },
  )
}

function unreadable(coding: string): ProviderProtocolError {
  const name = coding.replace(/[^\x20-\x7e]/g, '?').slice(0, 40)
  return new ProviderProtocolError(
    `the provider's answer cannot be read: it is compressed ("${name}"), or broken`,
    {
      hint: 'nothing compressed was asked for: a proxy on the way may have done so; exclude the provider there, or by NO_PROXY',
    },
  )
}

/** UTF-8, as JSON is (RFC 8259 section 8.1), unless a byte order mark says otherwise. */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le')
  if (bytes[0] !== 0xfe || bytes[1] !== 0xff) return bytes.toString('utf8')
  const pairs = bytes.subarray(0, bytes.length - (bytes.length % 2))
  return Buffer.from(pairs).swap16().toString('utf16le')
}
