/**
 * The HTTP server of one sign-in (RFC 8252 section 7.3): on this machine only, on 127.0.0.1 and ::1
 * with one port, since a browser may take either for "localhost". Answers GET on exact paths, to a
 * Host header that equals the redirect URI's authority, and nothing else.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigInvalidError } from '../errors.ts'

const limits = { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 1_000 }
const connectionLimit = 16
const headerLimitBytes = 8_192

/** What a path answers. */
export interface LoopbackAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

export type LoopbackHandler = (path: string, query: URLSearchParams) => LoopbackAnswer

/** The running server of a sign-in. */
export interface LoopbackServer {
  port: number
  /** Ends all connections too. */
  close(): void
}

/**
 * Listens where the configuration says; port 0 means any.
 * @throws ConfigInvalidError where the port is taken
 */
export async function startLoopbackServer(
  { host, port }: { host: string; port: number },
  authorityOf: (port: number) => string,
  handle: LoopbackHandler,
): Promise<LoopbackServer> {
  let authority = ''
  const create = () =>
    createServer({ ...limits, maxHeaderSize: headerLimitBytes }, (request, response) => {
      send(response, isAcceptable(request, authority) ? route(request, handle) : refusal)
    })
  const first = create()
  const bound = await listen(first, host === 'localhost' ? '127.0.0.1' : stripBrackets(host), port)
  authority = authorityOf(bound)
  const servers = [first]
  const other = host === '[::1]' ? '127.0.0.1' : '::1'
  const second = create()
  // Where the machine has no IPv6, nobody comes that way.
  if (await listen(second, other, bound).catch(() => undefined)) servers.push(second)
  return {
    port: bound,
    close: () => {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

const refusal: LoopbackAnswer = {
  status: 400,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: 'Not here.\n',
}

function isAcceptable({ method, rawHeaders }: IncomingMessage, authority: string): boolean {
  const hosts = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host',
  )
  return method === 'GET' && hosts.length === 1 && hosts[0] === authority
}

function route({ url = '/' }: IncomingMessage, handle: LoopbackHandler): LoopbackAnswer {
  const [path = '/', query = ''] = url.split('?', 2)
  return handle(path, new URLSearchParams(query))
}

function send(response: ServerResponse, { status, headers, body }: LoopbackAnswer): void {
  response.writeHead(status, { ...headers, connection: 'close' })
  response.end(body)
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.maxConnections = connectionLimit
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(`the sign-in page cannot listen on ${host}:${port}: ${code}`, {
      hint: 'another program has the port: change [sign_in] listen or the port of redirect_uri',
      cause: error,
    })
  }
  return (server.address() as AddressInfo).port
}

function stripBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}
