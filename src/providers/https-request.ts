import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { ProviderProtocolError, ProviderUnavailableError } from '../errors.ts'
import { isErrorAnswer } from '../oauth/error-response.ts'
import { checkEndpoints } from '../oauth/next-steps.ts'
import { proxyFor } from './proxy.ts'
import { withoutEchoes } from './without-echoes.ts'

/** A request to a provider. */
export interface HttpsRequest {
  method: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  body?: string
  /** Ends the request when it aborts. */
  signal: AbortSignal
}

/** A whole answer of a provider, whatever its status. */
export interface HttpsAnswer {
  /** Epoch ms of the request: what the answer counts in seconds began then at the earliest. */
  sentAt: number
  status: number
  headers: Record<string, string>
  body: string
}

const bodyLimitBytes = 256 * 1024
/** Without the second a server may compress as it likes (RFC 9110 section 12.5.3). */
const always = { connection: 'close', 'accept-encoding': 'identity' }

/**
 * The one way to a provider: through the proxy that the environment names, certificates verified
 * whatever it says, TLS 1.2 or newer, no redirect followed, bodies bounded.
 * @throws ProviderUnavailableError where no whole answer came, ProviderProtocolError for a URL that
 * is not https or an answer without end
 */
export function sendHttpsRequest(outgoing: HttpsRequest): Promise<HttpsAnswer> {
  const { url, method, headers = {}, body, signal } = outgoing
  if (!url.startsWith('https://')) {
    const [endpoint] = url.split('?')
    const error = new ProviderProtocolError(`"${endpoint}" is not an https URL`, {
      hint: checkEndpoints,
    })
    return Promise.reject(error)
  }
  return new Promise((resolve, reject) => {
    const sentAt = Date.now()
    const proxy = proxyFor(url, process.env)
    const fail = (error: NodeJS.ErrnoException) => reject(translate(url, proxy, error))
    const sent = request(
      url,
      {
        method,
        headers: { accept: 'application/json', ...headers, ...always },
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        signal,
        ...(proxy === undefined ? {} : { agent: new HttpsProxyAgent(proxy) }),
      },
      (response) => {
        collect(response).then((text) => {
          resolve({ sentAt, ...answerOf(response, text, body) })
        }, fail)
      },
    )
    sent.on('error', fail)
    // What a proxy says in place of a connection is not the provider's word.
    sent.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) sent.destroy(new Error(`it answered ${statusCode}`))
    })
    sent.end(body)
  })
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > bodyLimitBytes) {
      throw new ProviderProtocolError(
        `the provider's answer is longer than ${bodyLimitBytes} bytes`,
        { hint: checkEndpoints },
      )
    }
  }
  return Buffer.concat(chunks).toString('utf8')
}

function answerOf(
  { statusCode = 0, headers }: IncomingMessage,
  text: string,
  form: string | undefined,
): Omit<HttpsAnswer, 'sentAt'> {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)])
  return {
    status: statusCode,
    headers: Object.fromEntries(entries) as Record<string, string>,
    body: isErrorAnswer({ status: statusCode, body: text }) ? withoutEchoes(text, form) : text,
  }
}

function translate(url: string, proxy: URL | undefined, error: NodeJS.ErrnoException): Error {
  if (error instanceof ProviderProtocolError) return error
  const { host } = new URL(url)
  const reason = error.code ?? error.message
  const way = proxy === undefined ? '' : ` through the proxy "${proxy.host}"`
  return new ProviderUnavailableError(`"${host}" cannot be reached${way}: ${reason}`, {
    hint: hintFor(reason, proxy),
    actor: isCertificateProblem(reason) ? 'you' : 'nobody',
    cause: error,
  })
}

function hintFor(reason: string, proxy: URL | undefined): string {
  if (isCertificateProblem(reason)) {
    return 'its certificate is not trusted here; a company authority is named with NODE_EXTRA_CA_CERTS'
  }
  if (/^(EPROTO|ERR_SSL_)/.test(reason)) {
    return 'TLS 1.2 or newer is needed: look at the port, and at what stands between; it is tried again by itself'
  }
  const place = proxy === undefined ? 'the network of this machine' : 'HTTPS_PROXY and NO_PROXY'
  return `look at ${place}; it is tried again by itself`
}

function isCertificateProblem(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)
}
