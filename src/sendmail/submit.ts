import { closeSync, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import { isCmsOauthError, ProviderProtocolError } from '../errors.ts'
import type { LimitsAnswer, SubmissionAnswer, SubmissionHead } from '../messages/outbox-api.ts'
import { isoTime } from '../schedule/iso-time.ts'
import { askOutbox } from '../socket-client/ask-outbox.ts'
import { findOutbox, namedOutbox } from '../socket-client/outbox-path.ts'
import { patiently } from '../socket-client/patiently.ts'
import { handOverUnsent, isClosed, keepUnsent } from '../socket-client/unsent.ts'
import { type Input, openInput, readInput } from './read-input.ts'
import { untilStopped } from './until-stopped.ts'

/** As much as Gmail takes: kept where no outbox says what it takes. */
const keptWithoutLimits = 35 * 1024 * 1024
const block = 64 * 1024

interface Call {
  program: string
  argv: readonly string[]
  ignoresDots: boolean
}

/**
 * Hands standard input over to the outbox, and gives the id that it has there.
 * @throws CmsOauthError, with the file that the message is kept in as its hint where it could not be given
 */
export async function submit({ program, argv, ignoresDots }: Call): Promise<string> {
  const input = await readInput(openInput, { askLimit, ignoresDots })
  const id = createId()
  const head = { id, program, arguments: [...argv], size: input.size, ...ownOutbox() }
  const request = requestOf(head, input)
  try {
    return await untilStopped(() => handOver(request))
  } catch (error) {
    if (isCmsOauthError(error) && (isLossy(error.code) || isClosed(error)))
      throw keep(error, id, request, input)
    throw error
  }
}

async function handOver(request: readonly Buffer[]): Promise<string> {
  await handOverUnsent((unsent, env) => hand([unsent], env))
  return (await patiently((socket) => handTo(socket, request))).id
}

function requestOf(head: SubmissionHead, { kept }: Input): Buffer[] {
  return [Buffer.from(`${JSON.stringify(head)}\n`), kept]
}

/** For whoever hands it over later: another outbox sends for another account, and knows the id of none. */
function ownOutbox(): Pick<SubmissionHead, 'outbox'> {
  const named = namedOutbox(process.env)
  return named === undefined ? {} : { outbox: resolve(named) }
}

async function hand(request: readonly Buffer[], env: NodeJS.ProcessEnv): Promise<unknown> {
  return patiently((socket) => handTo(socket, request), env, 0)
}

async function handTo(socket: string, body: readonly Buffer[]): Promise<SubmissionAnswer> {
  const request = { method: 'POST', path: '/v1/messages', body, mayBlock: true } as const
  const answer = await askOutbox(socket, request)
  if (isSubmissionAnswer(answer)) return answer
  throw new ProviderProtocolError(`"${socket}" does not answer like an outbox`, {
    hint: 'name the socket of an [[outbox]] by CMS_OUTBOX',
  })
}

function isSubmissionAnswer(answer: unknown): answer is SubmissionAnswer {
  return (
    typeof answer === 'object' && answer !== null && 'id' in answer && typeof answer.id === 'string'
  )
}

/** How much of a large message is kept: as much as the outbox takes, if one says so at once. */
async function askLimit(): Promise<number> {
  const socket = findOutbox(process.env)
  if (socket === undefined) return keptWithoutLimits
  try {
    const answer = (await askOutbox(socket, { method: 'GET', path: '/v1/limits' })) as LimitsAnswer
    return Number.isSafeInteger(answer.max_size) ? answer.max_size + block : keptWithoutLimits
  } catch {
    return keptWithoutLimits
  }
}

/**
 * True for an error after which the message is kept: it is not at fault, and nobody who calls sendmail
 * tries again.
 */
function isLossy(code: string): boolean {
  return ['daemon_unreachable', 'outbox_full', 'provider_protocol', 'config_invalid'].includes(code)
}

function keep<E extends { message: string; hint: string }>(
  error: E,
  id: string,
  request: readonly Buffer[],
  { kept }: Input,
): E {
  const done = keepUnsent(id, request, kept)
  const what = 'path' in done ? `is kept in "${done.path}"` : `is lost, since ${done.reason}`
  error.message = `${error.message}; the message ${what}`
  return error
}

/** In the order of time. Without a pattern, of which the first takes a fiftieth of the start. */
function createId(): string {
  const time = isoTime()
    .split('')
    .filter((character) => !'-:.Z'.includes(character))
    .join('')
  return `${time}-${randomHex(6)}`
}

/** From the kernel: node:crypto takes a tenth of the time in which this program starts. */
function randomHex(length: number): string {
  const bytes = Buffer.alloc(length)
  const descriptor = openSync('/dev/urandom', 'r')
  readSync(descriptor, bytes)
  closeSync(descriptor)
  return bytes.toString('hex')
}
