/** etcd's JSON gateway over keys in memory, whose answers a test changes before they leave. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { text } from 'node:stream/consumers'
import { EtcdClient } from '../../../src/etcd/etcd-client.ts'
import { base64, type KeyValue } from '../../../src/etcd/key-value.ts'
import type { Compare, Operation, OperationResult } from '../../../src/etcd/transaction.ts'
import type { MemoryEtcd } from '../../renewer/store/etcd-engine/memory-etcd.ts'
import { createTestCertificates } from '../certificates.ts'

/** What leaves in place of a good answer. */
export interface OddAnswer {
  status?: number
  /** What is written of the body; it is said to be as long as `length`, or not said at all. */
  body: string
  length?: number | 'unsaid'
  /** Cuts the connection off behind it. */
  isCut?: boolean
}

/** What is done to the answers; undefined: they are good. */
export type Oddity = (path: string, good: Wire) => OddAnswer | Wire | undefined

/** JSON as the gateway writes it. */
export type Wire = Record<string, unknown>

/** The gateway. */
export interface MemoryGateway {
  endpoint: string
  /** From now on. */
  setOddity(oddity: Oddity | undefined): void
  /** Lines that every watch says from now on, and whether it ends behind them. */
  setWatch(lines: readonly string[], isEnded?: boolean): void
  /** A client of it, which is closed at the end of the test. */
  client(): EtcdClient
}

/** What every answer of it begins with. */
export const goodHeader = { cluster_id: '14841639068965178418', member_id: '1', raft_term: '2' }

/** Of all gateways of a process: what is in memory of them is enough. */
let certificates: ReturnType<typeof createTestCertificates> | undefined

/** Starts it; it ends with the test. */
export async function startMemoryGateway(
  t: TestContext,
  etcd: MemoryEtcd,
  bootMs: () => number = () => 0,
): Promise<MemoryGateway> {
  certificates ??= createTestCertificates()
  const made = await certificates
  const { key, cert, ca } = made
  await made.remove()
  let oddity: Oddity | undefined
  let [watchLines, isWatchEnded]: [readonly string[], boolean] = [[], false]
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    if (path === '/v3/watch') {
      response.write(watchLines.join(''))
      return void (isWatchEnded && response.end())
    }
    const good = await answer(etcd, path, JSON.parse(await text(request)) as Wire)
    const odd = oddity?.(path, structuredClone(good)) ?? good
    const { status = 200, body, length, isCut } = isOdd(odd) ? odd : { body: JSON.stringify(odd) }
    if (length !== 'unsaid') {
      response.writeHead(status, { 'content-length': length ?? Buffer.byteLength(body) })
      return void (isCut === true
        ? response.write(body, () => request.socket.destroy())
        : response.end(body))
    }
    // As HTTP/1.0 has it: the end of the connection is that of the answer.
    request.socket.end(`HTTP/1.0 ${status} OK\r\ncontent-type: application/json\r\n\r\n${body}`)
  }
  const server = createServer({ key, cert }, (request, response) => void respond(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const endpoint = `https://localhost:${port}`
  const clients: EtcdClient[] = []
  t.after(() => {
    for (const client of clients) client.close()
    server.closeAllConnections()
    server.close()
  })
  return {
    endpoint,
    setOddity: (next) => void (oddity = next),
    setWatch: (lines, isEnded = false) => {
      ;[watchLines, isWatchEnded] = [lines, isEnded]
    },
    client: () => {
      const made = new EtcdClient({ endpoints: [endpoint], tls: { ca: Buffer.from(ca) }, bootMs })
      clients.push(made)
      return made
    },
  }
}

function isOdd(answer: OddAnswer | Wire): answer is OddAnswer {
  return 'body' in answer
}

interface WireRequest {
  compare?: Record<string, string>[]
  success?: Wire[]
  failure?: Wire[]
}

function header(revision = '1'): Wire {
  return { ...goodHeader, revision }
}

async function answer(etcd: MemoryEtcd, path: string, request: Wire): Promise<Wire> {
  const calls = etcd.client()

  if (path === '/v3/lease/grant') {
    const { id, seconds } = await calls.grantLease(Number(request['TTL']))
    return { header: header(), ID: id, TTL: String(seconds) }
  }
  if (path === '/v3/kv/range') {
    const kvs: KeyValue[] = []
    const first = textOf(request['key'])
    const prefix = first.slice(0, first.lastIndexOf('/') + 1)
    const { revision } = await calls.list(prefix, (page) => kvs.push(...page))
    const found = kvs.filter(({ key }) => key >= first)
    const page = found.slice(0, Number(request['limit']))
    const more = page.length < found.length ? { more: true } : {}
    return { header: header(revision), ...more, kvs: page.map(wireOf), count: String(found.length) }
  }
  if (path !== '/v3/kv/txn') return { header: header(), version: '3.5.16', leader: '1' }
  const { compare = [], success = [], failure = [] } = request as WireRequest
  const operations = { success: success.map(operationOf), failure: failure.map(operationOf) }
  const done = await calls.transact({ compare: compare.map(compareOf), ...operations })
  const branch = operations[done.succeeded ? 'success' : 'failure']
  return {
    header: header(done.revision),
    ...(done.succeeded ? { succeeded: true } : {}),
    responses: branch.map((operation, index) =>
      responseOf(operation, done.responses[index], header(done.revision)),
    ),
  }
}

function compareOf(wire: Record<string, string>): Compare {
  const target = wire['target']?.toLowerCase() as 'mod' | 'create' | 'lease'
  const revision = wire[target === 'lease' ? target : `${target}_revision`] ?? '0'
  return { key: textOf(wire['key']), target, is: 'equal', revision }
}

function operationOf(wire: Wire): Operation {
  const { request_range: get, request_delete_range: remove, request_put: put } = wire
  if (get !== undefined) return { get: textOf((get as Wire)['key']) }
  if (remove !== undefined) return { delete: textOf((remove as Wire)['key']) }
  const { key, value, lease } = put as Record<string, string>
  const bytes = Buffer.from(value ?? '', 'base64')
  return { put: textOf(key), value: bytes, ...(lease === undefined ? {} : { lease }) }
}

function responseOf(operation: Operation, result: OperationResult | undefined, header: Wire): Wire {
  if ('put' in operation) return { response_put: { header } }
  const { kv, deleted = 0 } = result ?? {}
  if ('get' in operation) {
    const found = kv === undefined ? {} : { kvs: [wireOf(kv)], count: '1' }
    return { response_range: { header, ...found } }
  }
  return {
    response_delete_range: { header, ...(deleted > 0 ? { deleted: String(deleted) } : {}) },
  }
}

/** A key and what it holds, as the gateway writes them. */
export function wireOf({
  key,
  value,
  modRevision,
  createRevision,
  version,
  lease,
}: KeyValue): Wire {
  return {
    key: base64(key),
    create_revision: createRevision,
    mod_revision: modRevision,
    version,
    ...(lease === '0' ? {} : { lease }),
    value: value.toString('base64'),
  }
}

function textOf(bytes: unknown): string {
  return Buffer.from(String(bytes), 'base64').toString()
}
