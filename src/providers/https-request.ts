import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { ProviderProtocolError, ProviderUnavailableError } from '../errors.ts'
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
  status: number
  headers: Record<string, string>
  body: string
}

const bodyLimitBytes = 256 * 1024

/**
 * The one way to a provider: certificates verified whatever the environment says, TLS 1.2 or newer,
 * no redirect followed, bodies bounded.
 * @throws ProviderUnavailableError where no whole answer came, ProviderProtocolError for a URL that
 * is not https or an answer without end
 */
export function sendHttpsRequest(outgoing: HttpsRequest): Promise<HttpsAnswer> {
  const { url, method, headers = {}, body, signal } = outgoing
  if (!url.startsWith('https://')) {
    return Promise.reject(new ProviderProtocolError(`"${url}" is not an https URL`))
  }
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(translate(url, error))
    const sent = request(
      url,
      {
        method,
        headers: { accept: 'application/json', ...headers, connection: 'close' },
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        signal,
      },
      (response) => {
        collect(response).then((text) => resolve(answerOf(response, text, body)), fail)
      },
    )
    sent.on('error', fail)
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
      )
    }
  }
  return Buffer.concat(chunks).toString('utf8')
}

function answerOf(
  { statusCode = 0, headers }: IncomingMessage,
  text: string,
  form: string | undefined,
): HttpsAnswer {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)])
  return {
    status: statusCode,
    headers: Object.fromEntries(entries) as Record<string, string>,
    body: statusCode === 200 ? text : withoutEchoes(text, form),
  }
}

function translate(url: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof ProviderProtocolError) return error
  const { host } = new URL(url)
  const reason = error.code ?? error.message
  return new ProviderUnavailableError(`"${host}" cannot be reached: ${reason}`, {
    hint: isCertificateProblem(reason)
      ? 'its certificate is not trusted here; a company authority is named with NODE_EXTRA_CA_CERTS'
      : 'look at the network of this machine; it is tried again by itself',
    cause: error,
  })
}

function isCertificateProblem(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|SSL/.test(code)
}
