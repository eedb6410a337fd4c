import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createTestCertificates, type TestCertificates } from './certificates.ts'
import { readForm } from './sign-in-form.ts'

/** What the server does with one request to its token endpoint. */
export type ScriptedAnswer =
  | {
      status: number
      headers?: Record<string, string>
      body?: string | object
      /** When it is sent; absent: at once. */
      when?: Promise<unknown>
    }
  /** Never answers; `after` lets the headers and this much of a body out first. */
  | { hang: true; after?: string }
  | { reset: true }

/** What a client sent to the token endpoint. */
export interface ReceivedForm {
  path: string
  /** What follows the `?` of the URL: never a secret. */
  query: string
  form: URLSearchParams
  authorization: string | undefined
  /** The `accept-encoding`. */
  encoding: string | string[] | undefined
}

/** An HTTPS server on loopback whose answers a test writes; its discovery documents are good. */
export interface ScriptedServer {
  url: string
  certificates: TestCertificates
  /** Of every POST, in order. */
  received: ReceivedForm[]
  /** `METHOD path` of every request, in order. */
  requests: string[]
  /** Appends to what the next POSTs are answered with; one that finds nothing is reset. */
  answer(...answers: ScriptedAnswer[]): void
  /** Answers the next GET of a discovery document, once. */
  answerDiscovery(answer: ScriptedAnswer): void
  /** Breaks every connection, as soon as each POST that is to hang has come. */
  hangUp(): Promise<void>
  close(): Promise<void>
}

/** Starts the server; `close` ends it, whoever still hangs, and removes its certificates. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const certificates = await createTestCertificates()
  const received: ReceivedForm[] = []
  const requests: string[] = []
  const answers: ScriptedAnswer[] = []
  const discoveryAnswers: ScriptedAnswer[] = []
  const acted = new EventEmitter()
  let url = ''
  const server = createServer(
    { key: certificates.key, cert: certificates.cert },
    (request, response) => {
      const [path = '', query = ''] = (request.url ?? '').split('?')
      requests.push(`${request.method} ${path}`)
      if (request.method === 'POST') {
        void receive({ path, query }, request, received).then(() => {
          act(answers.shift(), response)
          acted.emit('act')
        })
      } else {
        const body = metadata(url, path)
        act(discoveryAnswers.shift() ?? { status: 200, body }, response)
      }
    },
  )
  server.listen(0, 'localhost')
  await once(server, 'listening')
  url = `https://localhost:${(server.address() as AddressInfo).port}`
  return {
    url,
    certificates,
    received,
    requests,
    answer: (...more) => answers.push(...more),
    answerDiscovery: (answer) => discoveryAnswers.push(answer),
    hangUp: async () => {
      while (answers.some((answer) => 'hang' in answer)) await once(acted, 'act')
      server.closeAllConnections()
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await certificates.remove()
    },
  }
}

async function receive(
  target: Pick<ReceivedForm, 'path' | 'query'>,
  request: IncomingMessage,
  received: ReceivedForm[],
): Promise<void> {
  const { authorization, 'accept-encoding': encoding } = request.headers
  received.push({ ...target, form: await readForm(request), authorization, encoding })
}

function act(answer: ScriptedAnswer | undefined, response: ServerResponse): void {
  if (answer === undefined || 'reset' in answer) {
    response.socket?.destroy()
  } else if ('hang' in answer) {
    if (answer.after === undefined) return
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(answer.after)
  } else {
    const { status, headers = { 'content-type': 'application/json' }, body = '' } = answer
    void Promise.resolve(answer.when).then(() => {
      response.writeHead(status, headers)
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  }
}

/** The discovery document of whatever issuer the path names, in Microsoft's shape or plain. */
function metadata(url: string, path: string): object {
  const issuer = `${url}${path.replace('/.well-known/openid-configuration', '')}`
  const base = issuer.endsWith('/v2.0') ? `${issuer.slice(0, -'/v2.0'.length)}/oauth2/v2.0` : issuer
  return {
    issuer,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    jwks_uri: `${url}/jwks`,
  }
}
