import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Socket } from 'node:net'
import { ProviderProtocolError, type ProviderUnavailableError } from '../errors.ts'
import { isErrorAnswer, reduceDescription } from '../oauth/error-response.ts'
import { isHttpsUrl } from '../oauth/https-url.ts'
import { checkEndpoints } from '../oauth/next-steps.ts'
import { connectAttempt } from '../schedule/connect-attempt.ts'
import { readAnswerBody } from './answer-body.ts'
import { type Proxy, proxyFor } from './proxy.ts'
import { ProxyRefusal, unreachable } from './unreachable.ts'
import { withoutEchoes } from './without-echoes.ts'

/** A request to a provider. */
export interface HttpsRequest {
  method: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  body?: string | Buffer
  /** Ends the request when it aborts. */
  signal: AbortSignal
  /** Asked when the way is open and nothing has left yet; false: nothing leaves. Absent: it may. */
  maySend?: () => boolean
  /** Called when the last byte has left: from here on the server may have all of it. */
  onSent?: () => void
}

/** An answer of a provider, whatever its status. */
export interface HttpsAnswer {
  /** Epoch ms of the request: what the answer counts in seconds began then at the earliest. */
  sentAt: number
  status: number
  headers: Record<string, string>
  body: string
}

/** An answer as far as it came. */
export interface WhatCame {
  answer: HttpsAnswer
  /** The body as it is: the answer's is without what a refusal repeats of the request. */
  text: string
  /** Why it is not the whole answer; absent: it is. */
  defect?: Error
}

const headerLimitBytes = 256 * 1024
/** Without the second a server may compress as it likes (RFC 9110 section 12.5.3). */
const always = { connection: 'close', 'accept-encoding': 'identity' }

/**
 * The one way to a provider: through the proxy that the environment names, certificates verified
 * whatever it says, TLS 1.2 or newer, no redirect followed, bodies bounded.
 * @throws ProviderUnavailableError where no whole answer came, ProviderProtocolError for a URL that
 * is not https or an answer without end, ConfigInvalidError for a proxy that is none
 */
export async function sendHttpsRequest(outgoing: HttpsRequest): Promise<HttpsAnswer> {
  const { defect, answer } = await sendForWhatComes(outgoing)
  if (defect !== undefined) throw defect
  return answer
}

/**
 * The same, but an answer that broke off, or has no end, is given as far as it came, with its defect.
 * @throws as `sendHttpsRequest` does, where not even a status came
 */
export async function sendForWhatComes(outgoing: HttpsRequest): Promise<WhatCame> {
  const { url, method, headers = {}, body, signal } = outgoing
  requireHttpsUrl(url)
  const proxy = proxyFor(url, process.env)
  const agent = proxy === undefined ? {} : { agent: await agentFor(proxy) }
  return new Promise((resolve, reject) => {
    const sentAt = Date.now()
    let hasStatus = false
    const sent = request(
      url,
      {
        method,
        headers: { accept: 'application/json', ...headers, ...lengthOf(body), ...always },
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        // Each connection carries one answer, so that nothing can hide behind a malformed one.
        insecureHTTPParser: true,
        maxHeaderSize: headerLimitBytes,
        signal,
        ...connectAttempt,
        ...agent,
      },
      (response) => {
        hasStatus = true
        void readAnswerBody(response).then(({ text, defect }) => {
          const answer = { sentAt, ...answerOf(response, text, outgoing) }
          const came = { answer, text }
          resolve(defect === undefined ? came : { ...came, defect: translate(url, proxy, defect) })
        })
      },
    )
    // Node's agent would keep a connection whose server does not repeat "close", as RFC 9112 section 9.6 allows.
    sent.shouldKeepAlive = false
    whenFailed(sent, (error) => {
      // Once a status has come, the body says how far the answer came.
      if (!hasStatus) reject(translate(url, proxy, error))
    })
    // What a proxy answers instead of connecting is not the provider's word.
    sent.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) sent.destroy(new ProxyRefusal(statusCode))
    })
    whenConnected(sent, () => {
      const { maySend = () => true, onSent } = outgoing
      if (maySend()) sent.end(body, onSent)
      else sent.destroy(new Error('it was too late to ask'))
    })
  })
}

/** @throws ProviderProtocolError */
function requireHttpsUrl(url: string): void {
  const [endpoint = ''] = url.split('?')
  if (isHttpsUrl(url)) return
  const message = `"${reduceDescription(endpoint)}" is not an https URL`
  throw new ProviderProtocolError(message, { hint: checkEndpoints })
}

/** The library is loaded for those who have a proxy. */
async function agentFor({ url }: Proxy): Promise<Agent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent')
  return new HttpsProxyAgent(url, connectAttempt)
}

/** The length must be said before, since the body is sent separately. */
function lengthOf(body: string | Buffer | undefined): Record<string, number> {
  return body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
}

/** Calls back with what went wrong. An end without an answer is a failure too. */
function whenFailed(sent: ClientRequest, callback: (error: Error) => void): void {
  sent.on('error', callback)
  // Node emits nothing more where a server changes to another protocol (101).
  sent.on('close', () => callback(Object.assign(new Error('no answer'), { code: 'ECONNRESET' })))
}

/** Calls back when TLS is up and verified, before a byte of the request has left. */
function whenConnected(sent: ClientRequest, callback: () => void): void {
  sent.once('socket', (socket: Socket) => socket.once('secureConnect', callback))
}

function answerOf(
  { statusCode = 0, headers }: IncomingMessage,
  text: string,
  outgoing: HttpsRequest,
): Omit<HttpsAnswer, 'sentAt'> {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)])
  return {
    status: statusCode,
    headers: Object.fromEntries(entries) as Record<string, string>,
    body: isErrorAnswer({ status: statusCode, body: text }) ? withoutEchoes(text, outgoing) : text,
  }
}

/** True for a status that says the request was done (RFC 9110 section 15.3). */
export function isGood(status: number): boolean {
  return status >= 200 && status < 300
}

function translate(
  url: string,
  proxy: Proxy | undefined,
  error: NodeJS.ErrnoException,
): ProviderProtocolError | ProviderUnavailableError {
  return error instanceof ProviderProtocolError ? error : unreachable(url, proxy, error)
}
