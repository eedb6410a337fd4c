/** What the fake APIs that send mail have in common: HTTPS on loopback, tokens, scripted trouble. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { addressesIn, type ReadMessage } from './sent-message.ts'

/** Whose access token it is and what it allows; `isApp`: nobody signed in. */
export interface SendingToken {
  user: string
  scopes: readonly string[]
  isApp?: boolean
}

/** A message that an API took. */
export interface SentMessage {
  /** Who sent it. */
  user: string
  /** Who gets it, by its header. */
  recipients: string[]
  read: ReadMessage
  bytes: Buffer
}

/** What an API does in place of what is right. */
export type SendingTrouble =
  | {
      status: number
      headers?: Record<string, string>
      body?: string | object
      /** What happens between the request and the answer. */
      meanwhile?: () => void
    }
  /** Never answers. */
  | { hang: true }
  /** Hangs up: before the message is read, after it was taken, or in the middle of the answer. */
  | { cut: 'request' | 'taken' | 'answer' }

/** What a request is answered with. */
export interface SendingAnswer {
  status: number
  body?: object
}

/** A fake API that judges messages as the real one does. */
export interface SendingServer {
  /** What `api` of an outbox is set to. */
  origin: string
  sent: SentMessage[]
  /** `METHOD path` of every request, with the token it came with. */
  requests: { line: string; token: string }[]
  /** How many requests there were at a time, at most. */
  mostAtOnce(): number
  /** Appends to what the next requests meet. */
  trouble(...troubles: SendingTrouble[]): void
  /** Addresses that it does not accept. */
  refusedAddresses: Set<string>
  /** Which requests of so many bytes it refuses with 413; none, unless a test says. */
  isTooLarge: (bytes: number) => boolean
  /** Resolves when so many messages were taken. */
  taken(count: number): Promise<void>
  /** Resolves when what has reached the server is answered, also what a process has sent that is dead. */
  settled(): Promise<void>
  /** Resolves when so many requests have come. */
  asked(count: number): Promise<void>
  /** Resolves when so many were read to their end. */
  read(count: number): Promise<void>
  close(): Promise<void>
}

/** What each of them is started with. */
export interface SendingServerOptions {
  certificates: { key: string; cert: string }
  /** Whose token it is; undefined: it does not hold. */
  introspect: (accessToken: string) => Promise<SendingToken | undefined> | SendingToken | undefined
}

/** A request whose message was read to its end. */
export interface SendingRequest {
  method: string
  path: string
  contentType: string
  token: SendingToken | undefined
  body: Buffer
  take: (message: SentMessage) => void
  isRefused: (address: string) => boolean
}

/** Starts it; `judge` says what is right. */
export async function startSendingServer(
  { certificates, introspect }: SendingServerOptions,
  judge: (request: SendingRequest) => SendingAnswer,
): Promise<SendingServer> {
  const { key, cert } = certificates
  const sent: SentMessage[] = []
  const requests: SendingServer['requests'] = []
  const troubles: SendingTrouble[] = []
  const refusedAddresses = new Set<string>()
  const waiting = new Set<() => void>()
  let [present, mostAtOnce, read] = [0, 0, 0]
  let sending: SendingServer
  const changed = () => {
    for (const look of waiting) look()
  }
  const until = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!isSo()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  const server = createServer({ key, cert }, (request, response) => {
    request.on('error', () => {})
    const { method = '', url = '', headers } = request
    const accessToken = (headers.authorization ?? '').replace(/^Bearer /, '')
    requests.push({ line: `${method} ${url}`, token: accessToken })
    const trouble = troubles.shift()
    present += 1
    mostAtOnce = Math.max(mostAtOnce, present)
    changed()
    void (async () => {
      if (trouble !== undefined && 'cut' in trouble && trouble.cut === 'request') {
        present -= 1
        return request.socket.destroy()
      }
      const body = await bodyOf(request)
      read += 1
      changed()
      if (trouble !== undefined && !('cut' in trouble)) {
        if (!('hang' in trouble)) present -= 1
        return act(trouble, response)
      }
      const judged = sending.isTooLarge(body.length) ? () => ({ status: 413 }) : judge
      const answer = judged({
        method,
        path: url,
        contentType: headers['content-type'] ?? '',
        token: await introspect(accessToken),
        body,
        take: (message) => sent.push(message),
        isRefused: (address) => refusedAddresses.has(address),
      })
      present -= 1
      changed()
      give(answer, trouble?.cut, response)
    })().catch(() => request.socket.destroy())
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  sending = {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    sent,
    requests,
    mostAtOnce: () => mostAtOnce,
    trouble: (...more) => void troubles.push(...more),
    refusedAddresses,
    isTooLarge: () => false,
    taken: (count) => until(() => sent.length >= count),
    settled: async () => {
      // Bytes that are in the socket are read in the next turns.
      for (let turn = 0; turn < 5; turn++) await setImmediate()
      await until(() => present === 0)
    },
    asked: (count) => until(() => requests.length >= count),
    read: (count) => until(() => read >= count),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return sending
}

/** The recipients that the header names: it is the envelope. */
export function recipientsOf(read: ReadMessage): { good: string[]; bad: string[] } {
  const all = ['to', 'cc', 'bcc'].map((name) => addressesIn(read, name))
  return {
    good: [...new Set(all.flatMap(({ good }) => good))],
    bad: all.flatMap(({ bad }) => bad),
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function act(trouble: Exclude<SendingTrouble, { cut: string }>, response: ServerResponse): void {
  if ('hang' in trouble) return
  const { status, headers = {}, body = '', meanwhile } = trouble
  meanwhile?.()
  response.writeHead(status, headers)
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function give(
  { status, body }: SendingAnswer,
  cut: 'request' | 'taken' | 'answer' | undefined,
  response: ServerResponse,
): void {
  if (cut === 'taken') return void response.socket?.destroy()
  const text = body === undefined ? '' : JSON.stringify(body, null, 2)
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }),
    'content-length': Buffer.byteLength(text) + (cut === 'answer' ? 10 : 0),
  })
  if (cut !== 'answer') return void response.end(text)
  response.write(text, () => response.socket?.destroy())
  response.flushHeaders()
}
