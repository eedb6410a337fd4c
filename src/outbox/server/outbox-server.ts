import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isCmsOauthError, NotPermittedError, RequestInvalidError } from '../../errors.ts'
import type { PeerCredentials } from '../../kernel/peer-credentials.ts'
import { peerOfSocket } from '../../kernel/peer-of-socket.ts'
import type {
  LimitsAnswer,
  OutboxCheck,
  RemovedAnswer,
  SubmissionAnswer,
} from '../../messages/outbox-api.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import { httpStatus } from '../../unix-http/http-status.ts'
import { createRoutes } from '../../unix-http/create-routes.ts'
import { LazyHttpServer } from '../../unix-http/lazy-http-server.ts'
import { sendJson } from '../../unix-http/send-json.ts'
import type { Outbox } from '../outbox.ts'
import type { QueueEntry } from '../queue/queue.ts'
import { isEntryId } from '../spool/entry-id.ts'
import type { Conversations } from '../dialogue/conversations.ts'
import { Acceptances } from './acceptances.ts'
import { asOutboxError } from './as-outbox-error.ts'
import { beginDialogue } from './begin-dialogue.ts'
import { allowedCaller } from './caller-of.ts'
import { peerOf } from './peer-of.ts'
import { declaredLength, drain, readSubmission } from './read-submission.ts'
import type { RefusedCallers } from './refused-callers.ts'
import type { OutboxRouteName } from './route-names.ts'
import { largeBytes, type Slots } from './slots.ts'

interface OutboxServerOptions {
  outbox: Outbox
  /** For large messages: each is held in memory while it comes. */
  slots: Slots
  /** Those by SMTP that are going on. */
  conversations: Conversations
  onFault: (error: unknown) => void
  refused: RefusedCallers
}

interface Exchange {
  outbox: Outbox
  acceptances: Acceptances
  refused: RefusedCallers
  slots: Slots
  peer: PeerCredentials
  id: string
  request: IncomingMessage
  response: ServerResponse
}

const mostConnections = 512
const requestTimeoutMs = 60_000

type Handle = (exchange: Exchange) => Promise<void> | void

const handlers: Record<OutboxRouteName, Handle> = {
  'POST /v1/messages': accept,
  'GET /v1/limits': limits,
  'GET /v1/dialogue': refuseWithoutUpgrade,
  'GET /v1/messages': list,
  'GET /v1/messages/{id}': show,
  'DELETE /v1/messages/{id}': remove,
  'POST /v1/messages/{id}/retry': retry,
  'POST /v1/retry': retryAll,
  'GET /v1/check': check,
}
const findRoute = createRoutes(handlers)

/** An HTTP server (not yet listening) of one outbox. */
export function createOutboxServer(options: OutboxServerOptions) {
  const { outbox, slots, refused, onFault } = options
  const acceptances = new Acceptances(outbox)
  const answerOne = (request: IncomingMessage, response: ServerResponse) =>
    answer({ outbox, acceptances, refused, slots }, request, response).catch((error: unknown) => {
      onFault(error)
      response.destroy()
    })
  const converse = (request: IncomingMessage, socket: Socket, head: Buffer) =>
    beginDialogue(options, request, socket, head).catch((error: unknown) => {
      onFault(error)
      socket.destroy()
    })
  const held = { requestTimeout: requestTimeoutMs, maxHeaderSize: 8_192 }
  return new LazyHttpServer(
    () =>
      createServer(held, (request, response) => void answerOne(request, response)).on(
        'upgrade',
        (request, socket, head) => void converse(request, socket as Socket, head),
      ),
    { mostConnections, originOf: (socket) => peerOfSocket(socket)?.uid },
  )
}

async function answer(
  served: Pick<Exchange, 'outbox' | 'acceptances' | 'refused' | 'slots'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const peer = peerOf(request)
    const asked = `${request.method} ${request.url ?? ''}`
    const route = findRoute(asked)
    if (route !== undefined) {
      return await route.handle({ ...served, peer, id: route.operand, request, response })
    }
    throw new RequestInvalidError(`"${asked.slice(0, 100)}" is not a request of an outbox`, {
      hint: 'restart cms-oauthd: it may be of another version than the client',
    })
  } catch (caught) {
    const error = asOutboxError(caught)
    if (!isCmsOauthError(error)) throw error
    await drain(request)
    sendJson(response, httpStatus[error.code], errorToWire(error))
  }
}

async function accept({
  outbox,
  acceptances,
  refused,
  slots,
  peer,
  request,
  response,
}: Exchange): Promise<void> {
  const { configuration } = outbox
  const caller = allowedCaller(configuration, peer, refused)
  const take = async () => {
    const { head, command, message } = await readSubmission(request, configuration.rules.maxSize)
    const { id, size } = head
    return acceptances.accept({ caller, order: command, id, message, size })
  }
  const isLarge = (declaredLength(request) ?? 0) > largeBytes
  const id = await (isLarge ? slots.run(take) : take())
  sendJson(response, 200, { id } satisfies SubmissionAnswer)
}

function list({ outbox, peer, response }: Exchange): void {
  const isVisible = visibleTo(peer)
  const answer = outbox.list(({ uid }) => isVisible(uid))
  sendJson(response, 200, answer)
}

function show(exchange: Exchange): void {
  const entry = entryOf(exchange)
  const answer = exchange.outbox.list((each) => each === entry)
  sendJson(exchange.response, 200, answer)
}

function limits({ outbox, response }: Exchange): void {
  const { maxSize, tooLarge } = outbox.configuration.rules
  sendJson(response, 200, { max_size: maxSize, too_large: tooLarge } satisfies LimitsAnswer)
}

/** With the Upgrade it does not come here: see beginDialogue. @throws RequestInvalidError */
function refuseWithoutUpgrade(): never {
  throw new RequestInvalidError('GET /v1/dialogue needs "Connection: Upgrade" and "Upgrade: smtp"')
}

/** @throws NotPermittedError for others: it names users and addresses */
function check({ outbox, refused, peer, response }: Exchange): void {
  if (seesAll(peer)) {
    const answer: OutboxCheck = { ...outbox.check(), refused: refused.list() }
    return sendJson(response, 200, answer)
  }
  throw new NotPermittedError('only root and the user of cms-oauthd may check the outbox', {
    hint: 'run it as one of them',
  })
}

function retryAll({ outbox, peer, response }: Exchange): void {
  const isVisible = visibleTo(peer)
  for (const entry of outbox.queue.waiting()) if (isVisible(entry.uid)) outbox.retry(entry)
  sendJson(response, 200, {})
}

function retry(exchange: Exchange): void {
  exchange.outbox.retry(entryOf(exchange))
  sendJson(exchange.response, 200, {})
}

function remove(exchange: Exchange): void {
  const entry = entryOf(exchange)
  exchange.outbox.remove(entry)
  const { messages } = entry
  sendJson(
    exchange.response,
    200,
    (messages === undefined ? {} : { messages }) satisfies RemovedAnswer,
  )
}

/** @throws RequestInvalidError where the peer has no such message, whether somebody else has or not */
function entryOf({ outbox, peer, id }: Exchange): QueueEntry {
  const entry = isEntryId(id) ? outbox.find(id) : undefined
  if (entry !== undefined && visibleTo(peer)(entry.uid)) return entry
  throw new RequestInvalidError('there is no such message', {
    hint: '"cms-oauth outbox list" shows those that there are',
  })
}

/** One's own messages; for root and the user of the daemon those of everybody. */
function visibleTo(peer: PeerCredentials): (owner: number) => boolean {
  const isAll = seesAll(peer)
  return (owner) => isAll || owner === peer.uid
}

function seesAll({ uid }: PeerCredentials): boolean {
  return uid === 0 || uid === process.geteuid?.()
}
