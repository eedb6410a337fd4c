import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { backlog } from '../../kernel/backlog.ts'
import { LazyHttpServer } from '../../unix-http/lazy-http-server.ts'

/** What a path answers. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: string
  /** Called when the whole reply has been handed to the kernel. */
  onSent?: () => void
}

/** What answers a path. */
export type Route = (parameters: URLSearchParams) => Reply | Promise<Reply>

interface LoopbackServerOptions {
  /** As in the redirect URI: `localhost`, `127.0.0.1` or `[::1]`. */
  hostname: string
  /** 0: any that is free. */
  port: number
  /** By exact path. */
  routes: ReadonlyMap<string, Route>
  /** Answers every other path. */
  elsewhere: Route
  /** Within which a request must be complete, in ms. */
  requestTimeoutMs?: number
  /** Within which a connection must begin one, in ms. */
  firstByteLimitMs?: number
}

/** A server that is open. */
export interface LoopbackServer {
  port: number
  /** `http://HOST[:PORT]`, the only one it answers for. */
  origin: string
  /** Frees the port at once; replies under way have a second to get out. */
  close(): void
}

const longestHeadersBytes = 8_192
const mostConnections = 16
const defaultRequestTimeoutMs = 5_000
const defaultFirstByteLimitMs = 1_000
const drainMs = 1_000
const bindAttempts = 10
const bindPauseMs = 100

/**
 * Listens on 127.0.0.1 and [::1], on one port: a browser may take either for `localhost`. It answers
 * GET requests for its own authority only, so that no page of another origin gets in by a name that
 * it points at this machine (DNS rebinding).
 * @throws NodeJS.ErrnoException where no port can be had
 */
export async function openLoopbackServer(options: LoopbackServerOptions): Promise<LoopbackServer> {
  const { hostname } = options
  let authority: string | undefined
  const { port, servers } = await listenOnBoth(options.port, () =>
    createGuardedServer(options, () => authority),
  )
  // Without the port where it is the scheme's own, as browsers say it.
  const { host, origin } = new URL(`http://${hostname}:${port}`)
  authority = host
  return {
    port,
    origin,
    close: () => {
      for (const server of servers) server.close()
      // One that never sent a request would otherwise stay forever.
      setTimeout(() => servers.forEach((server) => server.closeAllConnections()), drainMs).unref()
    },
  }
}

interface Listening {
  port: number
  servers: LazyHttpServer[]
}

/** Another program may have the port of one address, or an older page be about to leave it. */
async function listenOnBoth(port: number, create: () => LazyHttpServer): Promise<Listening> {
  for (let attempt = 1; ; attempt++) {
    const first = create()
    const second = create()
    try {
      const bound = await listen(first, '127.0.0.1', port)
      const hasIpv6 = await listen(second, '::1', bound).then(() => true, refuseUnlessMissing)
      return { port: bound, servers: hasIpv6 ? [first, second] : [first] }
    } catch (error) {
      first.close()
      if (codeOf(error) !== 'EADDRINUSE' || attempt === bindAttempts) throw error
      await delay(bindPauseMs)
    }
  }
}

async function listen(server: LazyHttpServer, host: string, port: number): Promise<number> {
  server.listen({ host, port, backlog })
  await once(server, 'listening')
  // A process that wants to end does not wait for a person.
  server.unref()
  return (server.address() as AddressInfo).port
}

/** A machine without IPv6 needs no more; anything else on that port could take the code. */
function refuseUnlessMissing(error: unknown): false {
  if (['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(codeOf(error) ?? '')) return false
  throw error
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

function createGuardedServer(
  options: LoopbackServerOptions,
  authority: () => string | undefined,
): LazyHttpServer {
  const {
    routes,
    elsewhere,
    requestTimeoutMs = defaultRequestTimeoutMs,
    firstByteLimitMs = defaultFirstByteLimitMs,
  } = options
  const limits = {
    maxHeaderSize: longestHeadersBytes,
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: requestTimeoutMs / 5,
  }
  const create = () =>
    createServer(limits, (request, response) => {
      void answer(request, response, { routes, elsewhere, authority: authority() })
    })
  return new LazyHttpServer(create, { firstByteLimitMs, mostConnections })
}

interface Answering extends Pick<LoopbackServerOptions, 'routes' | 'elsewhere'> {
  authority: string | undefined
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { routes, elsewhere, authority }: Answering,
): Promise<void> {
  const [path, query] = splitTarget(request.url ?? '')
  const route = routes.get(path) ?? elsewhere
  if (!isFor(authority, request)) return refuse(response, 400, atAnother(authority))
  if (request.method !== 'GET') return refuse(response, 405, 'only GET is allowed', 'GET')
  if (isAhead(request)) return refuse(response, 503, 'pages are not fetched ahead of time')
  const { status, headers, body, onSent } = await route(new URLSearchParams(query))
  if (onSent !== undefined) response.once('finish', onSent)
  response.writeHead(status, { ...headers, ...common(body) }).end(body)
}

function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf('?')
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}

/**
 * For whoever opened the page by another name or port, as through a tunnel. A page of another origin
 * could read it, so it says nothing that is not known: never the path.
 */
function atAnother(authority = ''): string {
  const [, port = '80'] = /:(\d+)$/.exec(authority) ?? []
  return `This page answers at http://${authority}/ only.
Open exactly the address that "cms-oauth login" has printed. From another machine, bring the same port
here first: ssh -L ${port}:localhost:${port} HOST`
}

/** RFC 9112 section 3.2; node:http itself would take the first of several. */
function isFor(authority: string | undefined, { headersDistinct }: IncomingMessage): boolean {
  const hosts = headersDistinct['host'] ?? []
  return hosts.length === 1 && hosts[0] === authority
}

/** True for what a browser fetches only because a person might want it (Fetch, Sec-Purpose). */
function isAhead({ headers }: IncomingMessage): boolean {
  const purposes = [headers['sec-purpose'], headers['purpose'], headers['x-moz']]
  return purposes.some((purpose) => /prefetch|preview/i.test(String(purpose)))
}

function refuse(response: ServerResponse, status: number, text: string, allow?: string): void {
  const body = `${text}\n`
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    ...(allow === undefined ? {} : { allow }),
    ...common(body),
  })
  response.end(body)
}

function common(body: string): Record<string, string | number> {
  return {
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  }
}
