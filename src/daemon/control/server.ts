import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isCmsOauthError, RequestInvalidError } from '../../errors.ts'
import type {
  AddPasswordAnswer,
  PasswordsAnswer,
  TrialPasswordAnswer,
} from '../../messages/bridge-api.ts'
import type { BrokerEvent, SignInProgress } from '../../messages/control-api.ts'
import { peerOfSocket } from '../../kernel/peer-of-socket.ts'
import { errorToWire, type WireError } from '../../shapes/wire-error.ts'
import { createRoutes } from '../../unix-http/create-routes.ts'
import { LazyHttpServer } from '../../unix-http/lazy-http-server.ts'
import { readBody } from '../../unix-http/request-body.ts'
import { sendJson } from '../../unix-http/send-json.ts'
import { addPasswordBody, importBody, redirectBody, signInBody } from './body-shapes.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { contentTypes, formatFor } from '../metrics/text-format.ts'
import type { BridgeManagement } from './bridge-management.ts'
import { httpStatus } from '../../unix-http/http-status.ts'
import type { Management } from './management.ts'
import { type OutboxStates, statesOf } from './outbox-states.ts'
import type { RouteName } from './route-names.ts'
import { sendAccounts } from './send-accounts.ts'
import { sendPieces } from './send-pieces.ts'

/** What the requests are about. */
interface Served {
  broker: Management
  bridges: BridgeManagement
  outboxes: OutboxStates
  metrics: Pick<Metrics, 'pieces'>
}

interface Exchange extends Served {
  /** The {user} or {name} of the path, decoded; empty if it has none. */
  operand: string
  query: URLSearchParams
  request: IncomingMessage
  response: ServerResponse
}

const mostConnections = 256
const backlogLimitBytes = 1024 * 1024

type Handle = (exchange: Exchange) => Promise<void> | void

const handlers: Record<RouteName, Handle> = {
  'GET /v1/accounts': answerAccounts,
  'GET /v1/diagnostics': answerDiagnostics,
  'POST /v1/accounts/{user}/sign-in': answerSignIn,
  'POST /v1/accounts/{user}/sign-in/redirect': answerRedirect,
  'PUT /v1/accounts/{user}/grant': answerImport,
  'DELETE /v1/accounts/{user}/grant': answerForget,
  'POST /v1/accounts/{user}/refresh': answerRefresh,
  'GET /v1/bridges': answerBridges,
  'POST /v1/bridge/trial-password': answerTrialPassword,
  'GET /v1/bridge/certificate': answerCertificate,
  'GET /v1/bridge/passwords': answerPasswords,
  'PUT /v1/bridge/passwords/{name}': answerAddPassword,
  'DELETE /v1/bridge/passwords/{name}': answerRemovePassword,
  'POST /v1/reload': answerReload,
  'GET /v1/events': answerEvents,
  'GET /metrics': answerMetrics,
}
const findRoute = createRoutes(handlers)

/** An HTTP server (not yet listening) that manages the broker. */
export function createControlServer(served: Served): LazyHttpServer {
  return new LazyHttpServer(
    () =>
      createServer({ requestTimeout: 10_000, maxHeaderSize: 8_192 }, (request, response) => {
        void answer(served, request, response)
      }),
    // One program that holds many, or asks without end, leaves a place for the next.
    { mostConnections, originOf: (socket) => peerOfSocket(socket)?.pid },
  )
}

async function answer(
  served: Served,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const [pathname = '', query = ''] = (request.url ?? '').split('?', 2)
    const route = routeOf(`${request.method ?? ''} ${pathname}`)
    const operand = decoded(route.operand)
    const parameters = new URLSearchParams(query)
    await route.handle({ ...served, operand, query: parameters, request, response })
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    sendError(response, errorToWire(error))
  }
}

function routeOf(asked: string) {
  const route = findRoute(asked)
  if (route !== undefined) return route
  throw new RequestInvalidError(`"${asked}" is not a request of the control socket`, {
    hint: 'restart cms-oauthd: it may be of another version than the client',
  })
}

function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    throw new RequestInvalidError(`"${encoded}" is not percent-encoded`)
  }
}

function answerAccounts({ broker, bridges, outboxes, response }: Exchange): Promise<void> {
  const answer = { ...broker.accounts(), outboxes: statesOf(outboxes) }
  return sendAccounts(response, answer, bridges.connections())
}

async function answerDiagnostics({ broker, query, response }: Exchange): Promise<void> {
  sendJson(response, 200, await broker.diagnostics(query.get('user') ?? undefined))
}

async function answerSignIn({ broker, operand: user, request, response }: Exchange): Promise<void> {
  const departure = new AbortController()
  response.once('close', () => departure.abort())
  const { method } = await readBody(request, signInBody)
  for await (const progress of broker.signIn(user, departure.signal, method)) {
    sendLine(response, progress)
  }
  response.end()
}

async function answerRedirect({
  broker,
  operand: user,
  request,
  response,
}: Exchange): Promise<void> {
  const { url } = await readBody(request, redirectBody)
  broker.redirectSignIn(user, url)
  sendJson(response, 200, {})
}

async function answerImport({ broker, operand: user, request, response }: Exchange): Promise<void> {
  const { refresh_token: refreshToken } = await readBody(request, importBody)
  await broker.importGrant(user, refreshToken)
  sendJson(response, 200, {})
}

async function answerForget({ broker, operand: user, query, response }: Exchange): Promise<void> {
  const revoke = query.get('revoke') ?? 'false'
  // Whoever means to revoke must not be left with a sign-in that is only forgotten here.
  if (revoke !== 'true' && revoke !== 'false') {
    throw new RequestInvalidError('"revoke" is neither "true" nor "false"')
  }
  sendJson(response, 200, await broker.forgetGrant(user, revoke === 'true'))
}

async function answerRefresh({ broker, operand: user, response }: Exchange): Promise<void> {
  await broker.refresh(user)
  sendJson(response, 200, {})
}

function answerBridges({ bridges, response }: Exchange): void {
  sendJson(response, 200, bridges.overview())
}

async function answerTrialPassword({ bridges, response }: Exchange): Promise<void> {
  const password = (await bridges.passwords()).addTrial()
  sendJson(response, 200, { password } satisfies TrialPasswordAnswer)
}

async function answerCertificate({ bridges, response }: Exchange): Promise<void> {
  sendJson(response, 200, await bridges.certificate())
}

async function answerPasswords({ bridges, response }: Exchange): Promise<void> {
  const passwords = (await bridges.passwords()).all()
  sendJson(response, 200, { passwords } satisfies PasswordsAnswer)
}

async function answerAddPassword(exchange: Exchange): Promise<void> {
  const { bridges, operand: name, request, response } = exchange
  const { accounts } = await readBody(request, addPasswordBody)
  const password = (await bridges.passwords()).add(name, accounts)
  const asked_for = bridges
    .accountsWithPasswords()
    .filter((each) => accounts === undefined || accounts.includes(each))
  sendJson(response, 200, { password, asked_for } satisfies AddPasswordAnswer)
}

async function answerRemovePassword(exchange: Exchange): Promise<void> {
  const { bridges, operand: name, response } = exchange
  const passwords = await bridges.passwords()
  passwords.remove(name)
  sendJson(response, 200, {})
}

async function answerReload({ broker, response }: Exchange): Promise<void> {
  sendJson(response, 200, await broker.reload())
}

function answerEvents({ broker, response }: Exchange): void {
  startLines(response)
  response.flushHeaders()
  const unsubscribe = broker.subscribe((event) => {
    sendLine(response, event)
  })
  response.once('close', unsubscribe)
}

function answerMetrics({ metrics, request, response }: Exchange): Promise<void> {
  const format = formatFor(request.headers.accept)
  return sendPieces(response, contentTypes[format], metrics.pieces(format))
}

function startLines(response: ServerResponse): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' })
}

function sendLine(response: ServerResponse, line: SignInProgress | BrokerEvent): void {
  startLines(response)
  // A client that does not read must not fill the daemon's memory.
  if (response.writableLength > backlogLimitBytes) response.destroy()
  else response.write(`${JSON.stringify(line)}\n`)
}

function sendError(response: ServerResponse, error: WireError): void {
  if (response.headersSent) response.end(`${JSON.stringify({ event: 'failed', error })}\n`)
  else sendJson(response, httpStatus[error.error], error)
}
