import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { connectAttempt } from '../schedule/connect-attempt.ts'
import { afterRunning } from '../schedule/running-time.ts'
import type { EtcdTrouble } from './etcd-error.ts'
import { troubleOf, troubleOfConnection } from './trouble.ts'

/** The certificates of a way to an engine, in PEM. */
export interface EtcdTls {
  /** Who issued the engine's; absent: who issues those of the web. */
  ca?: Buffer
  /** This host's. Without a CommonName: the gateway refuses all others. */
  cert?: Buffer
  key?: Buffer
}

/** One request to one endpoint. */
export interface GatewayRequest {
  endpoint: string
  path: string
  body: string
  tls: EtcdTls
  /** Keeps connections for the next request; false: this one gets a connection of its own. */
  agent: Agent | false
  /** Of the session; absent: the engine has no users, or is asked for one. */
  token: string | undefined
  /** How long the connection may take, and then the beginning of the answer, while this process runs. */
  limitMs: number
  signal?: AbortSignal | undefined
  /** A node without a leader may answer it. */
  isOfNode?: boolean
}

/** The beginning of an answer; its body is still to be read. */
export interface GatewayResponse {
  response: IncomingMessage
  /** How many ms this host's clock is ahead of the engine's, to a second; undefined: it gave no Date. */
  clockAheadMs: number | undefined
  /** Ends the connection. */
  destroy(): void
}

/** An endpoint that gave no good answer. */
export class AttemptError extends Error {
  readonly trouble: EtcdTrouble
  /** `refused`: for certain, and others would too; `not_done`: another may do it; `unknown`. */
  readonly fate: 'refused' | 'not_done' | 'unknown'

  constructor(trouble: EtcdTrouble, fate: AttemptError['fate'], cause?: unknown) {
    super(trouble.message, { cause })
    this.trouble = trouble
    this.fate = fate
  }
}

/** What a server that refuses a certificate sends, which may be after this side believed in the connection. */
const alert = /^ERR_SSL_[A-Z0-9_]*ALERT/

/**
 * Sends a request to etcd's gateway; whether anything of it left is known of every failure. The server's
 * certificate is verified whatever the environment says.
 * @throws AttemptError
 */
export function sendToGateway(outgoing: GatewayRequest): Promise<GatewayResponse> {
  return new Promise((resolve, reject) => {
    const { body, limitMs, signal } = outgoing
    let wasWritten = false
    const sent = open(outgoing)
    const fail = (trouble: EtcdTrouble, cause?: Error & { code?: string }) => {
      stop()
      const isKnown = !wasWritten || alert.test(cause?.code?.slice(0, 100) ?? '')
      sent.destroy()
      reject(new AttemptError(trouble, isKnown ? 'not_done' : 'unknown', cause))
    }
    const startClock = () => afterRunning(limitMs, () => fail(tooSlow(limitMs)))
    let stopClock = startClock()
    const cancel = () => fail(troubleOf('cancelled'))
    const stop = () => {
      stopClock()
      signal?.removeEventListener('abort', cancel)
    }
    signal?.addEventListener('abort', cancel)
    sent.on('error', (error) => fail(troubleOfConnection(error), error))
    sent.once('response', (response) => {
      stop()
      resolve({ response, clockAheadMs: clockAheadMs(response), destroy: () => sent.destroy() })
    })
    whenConnected(sent, () => {
      wasWritten = true
      stopClock()
      stopClock = startClock()
      sent.end(body)
    })
    if (signal?.aborted === true) cancel()
  })
}

/** An engine that has not answered in time. */
export function tooSlow(limitMs: number): EtcdTrouble {
  return troubleOf('slow', `${Math.ceil(limitMs / 1_000)} s`)
}

function open(outgoing: GatewayRequest): ClientRequest {
  const { endpoint, path, body, tls, agent, token, isOfNode = false } = outgoing
  return request(endpoint + path, {
    method: 'POST',
    agent,
    // An agent has them of its own.
    ...(agent === false ? tlsOptions(tls) : {}),
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      // A node without a leader says so at once, and ends a watch.
      ...(isOfNode ? {} : { 'grpc-metadata-hasleader': 'true' }),
      ...(token === undefined ? {} : { authorization: token }),
    },
  })
}

/** How a connection to an engine is made. */
export function tlsOptions(tls: EtcdTls): object {
  return { ...tls, ...connectAttempt, rejectUnauthorized: true, minVersion: 'TLSv1.2' }
}

/** Calls back before a byte of the request has left, as soon as the connection is up and verified. */
function whenConnected(sent: ClientRequest, callback: () => void): void {
  sent.once('socket', (socket: TLSSocket) => {
    // One that another request has just left is not marked as used before.
    if (socket.authorized) callback()
    else socket.once('secureConnect', callback)
  })
}

function clockAheadMs({ headers }: IncomingMessage): number | undefined {
  const engineMs = Date.parse(headers.date?.slice(0, 40) ?? '')
  if (Number.isNaN(engineMs)) return undefined
  // The header is cut to whole seconds: on average it is half a second old.
  const aheadMs = Date.now() - (engineMs + 500)
  return Math.round(aheadMs / 1_000) * 1_000
}
