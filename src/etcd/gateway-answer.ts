import type { IncomingMessage } from 'node:http'
import { parseJson } from '../shapes/parse-json.ts'
import { openFields, optional, type Shape, text } from '../shapes/shape.ts'
import { afterRunning } from '../schedule/running-time.ts'
import type { EtcdTrouble } from './etcd-error.ts'
import { AttemptError, tooSlow } from './gateway-request.ts'
import { count, countFromOne, int64 } from './key-value.ts'
import { type Refusal, troubleOf, troubleOfConnection, troubleOfRefusal } from './trouble.ts'

/** What every good answer has. */
export interface WireAnswer {
  header: { cluster_id: string; member_id?: string; revision?: string }
}

/** One that says at which revision of the engine it was so. */
export interface CountedAnswer extends WireAnswer {
  header: WireAnswer['header'] & { revision: string }
}

/** The form of its header, beside what every good answer has. */
export const countedHeader: Shape<{ revision: string }> = openFields<{ revision: string }>({
  revision: countFromOne,
})

const headShape: Shape<WireAnswer> = openFields<WireAnswer>({
  header: openFields<WireAnswer['header']>({
    cluster_id: int64,
    member_id: optional(int64),
    revision: optional(count),
  }),
})

/** A page of records is far below it. */
const answerLimitBytes = 8 * 1024 * 1024
/** What the engine says of them is: not done. */
const certainCodes = [3, 5, 7, 9, 11, 12, 16]

/**
 * Reads an answer to its end, within the limit of running time.
 * @throws AttemptError where it is not a good one of etcd
 */
export async function readGatewayAnswer<T extends object>(
  response: IncomingMessage,
  shape: Shape<T>,
  limitMs: number,
): Promise<T & WireAnswer> {
  const body = await readBody(response, limitMs)
  const json = parseJson(body)
  const { statusCode: status = 0 } = response
  const hasHead = headShape(json) === undefined
  const isRefusal = status !== 200 || (!hasHead && saidBy(json).code !== undefined)
  if (isRefusal) throw attemptErrorOf(status, json, body)
  if (!hasHead || shape(json) !== undefined) throw new AttemptError(otherForm(), 'unknown')
  return json as T & WireAnswer
}

async function readBody(response: IncomingMessage, limitMs: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  const late = new AttemptError(tooSlow(limitMs), 'unknown')
  const stopClock = afterRunning(limitMs, () => response.destroy(late))
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > answerLimitBytes) throw new AttemptError(troubleOf('too_long'), 'unknown')
    }
  } catch (error) {
    if (error instanceof AttemptError) throw error
    throw new AttemptError(troubleOfConnection(error as Error), 'unknown', error)
  } finally {
    stopClock()
  }
  return Buffer.concat(chunks).toString()
}

/** The trouble of an answer that is not one of etcd's. */
export function otherForm(): EtcdTrouble {
  return troubleOf('not_etcd', 'its answer has another form')
}

/** The error of an answer that is not a good one. */
export function attemptErrorOf(status: number, json: unknown, body: string): AttemptError {
  const { code, words } = saidBy(json)
  const refusal: Refusal = { status, words: printable(words ?? withoutTags(body)) }
  if (code !== undefined) refusal.code = code
  const trouble = troubleOfRefusal(refusal)
  if (trouble.kind === 'no_leader') return new AttemptError(trouble, 'not_done')
  // The gateway itself refuses before it asks the engine; another server has done nothing either.
  const isCertain =
    code === undefined ? trouble.kind === 'common_name' : certainCodes.includes(code)
  const fate =
    code === undefined && trouble.kind === 'not_etcd' && saysNotDone(status)
      ? 'not_done'
      : 'unknown'
  return new AttemptError(trouble, isCertain ? 'refused' : fate)
}

/** A proxy says of what it has passed on that it was done, or that it took too long (RFC 9110 section 15.5.9). */
function saysNotDone(status: number): boolean {
  return status >= 300 && status < 500 && status !== 408
}

/** The gateway of 3.4 says `error` and `message`, that of 3.6 `message` only; a watch says it inside `error`. */
function saidBy(json: unknown): { code?: number; words?: string } {
  if (typeof json !== 'object' || json === null) return {}
  const { code, message, error } = json as Record<string, unknown>
  const words = [message, error].find((word) => typeof word === 'string')
  return {
    ...(typeof code === 'number' && { code }),
    ...(typeof words === 'string' && { words }),
  }
}

/** Of a page that another server sends: what a person would see of its beginning. */
function withoutTags(body: string): string {
  return body.slice(0, 1_000).replaceAll(/<[^<>]*>/g, ' ')
}

function printable(words: string): string {
  return words
    .slice(0, 1_000)
    .replaceAll(/[^\x21-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200)
}

/** The form of an answer with one word in it. */
export const tokenShape: Shape<{ token: string }> = openFields<{ token: string }>({ token: text })
