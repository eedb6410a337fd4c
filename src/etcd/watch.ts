/** Events of all keys with a prefix, as they come: etcd's Watch, an answer of JSON lines without end. */
import { EtcdError, EtcdRefusedError, EtcdUnavailableError } from './etcd-error.ts'
import type { Gateway } from './gateway.ts'
import { parseJson } from '../shapes/parse-json.ts'
import { otherForm, attemptErrorOf } from './gateway-answer.ts'
import { AttemptError } from './gateway-request.ts'
import { JsonLines, LineTooLong } from './json-lines.ts'
import { type KeyValue, keyValueOf } from './key-value.ts'
import { troubleOf, troubleOfConnection, troubleOfRefusal } from './trouble.ts'
import { type WireWatchResult, watchResultShape } from './watch-result.ts'

/** A key that was written or deleted. */
export interface WatchEvent {
  type: 'put' | 'delete'
  /** Of a deleted key: only `key` and `modRevision`. */
  kv: KeyValue
}

/** Why a watch has ended. */
export type WatchEnd =
  /** Closed by this side. */
  | { kind: 'closed' }
  /** The history it should begin with is gone: list again. */
  | { kind: 'compacted'; compactRevision: string }
  /** The engine is older than what it should begin with: it was restored from a backup, or this node lags. List again. */
  | { kind: 'behind'; revision: string }
  /** An EtcdError, or what reading the password threw. Ask again after a pause: another endpoint is asked then. */
  | { kind: 'failed'; error: Error }

/** Who hears of it. */
export interface WatchSink {
  /** The engine watches from now on; its revision then. */
  created(revision: string): void
  event(event: WatchEvent): void
  /** Once; nothing comes after it. */
  ended(end: WatchEnd): void
}

/** A watch. */
export interface Watch {
  /** The revision that the next watch must begin with in order to miss nothing. */
  readonly nextRevision: string
  /** Ends it, unless it has ended. */
  close(): void
}

/** A key, or the first of those before `range_end`, in base64. */
interface WireRange {
  key: string
  range_end?: string
}

/** Fragments are of 1.5 MiB (--max-request-bytes), of which base64 makes a third more. */
const lineLimitBytes = 8 * 1024 * 1024

/** A watch on one connection, see EtcdClient.watch. */
export class GatewayWatch implements Watch {
  readonly #gateway: Gateway
  readonly #sink: WatchSink
  readonly #ending = new AbortController()
  readonly #lines = new JsonLines(lineLimitBytes)
  #nextRevision: bigint
  #lastEventRevision = 0n
  #isOver = false

  /** Watches a range of keys as the gateway takes it. */
  constructor(gateway: Gateway, range: WireRange, fromRevision: string, sink: WatchSink) {
    this.#gateway = gateway
    this.#sink = sink
    this.#nextRevision = BigInt(fromRevision)
    void this.#run(range)
  }

  get nextRevision(): string {
    return String(this.#nextRevision)
  }

  close(): void {
    this.#end({ kind: 'closed' })
  }

  async #run(range: WireRange): Promise<void> {
    let endpoint = ''
    const read = (token?: string) => {
      ;({ endpoint } = this.#gateway)
      return this.#read(range, endpoint, token)
    }
    try {
      const token = await this.#gateway.token()
      await read(token).catch(async (error: unknown) => {
        if (!isOfSession(error)) throw error
        this.#gateway.forget(token)
        await read(await this.#gateway.token())
      })
    } catch (error) {
      this.#fail(endpoint, error as Error)
    }
  }

  /** Reads until the watch is over. @throws whatever else ends it */
  async #read(range: WireRange, endpoint: string, token: string | undefined): Promise<void> {
    if (this.#isOver) return
    const { signal } = this.#ending
    const body = { create_request: watchRequest(range, this.nextRevision) }
    const opened = await this.#gateway.open('/v3/watch', { endpoint, body, token, signal })
    const status = opened.response.statusCode ?? 0
    signal.addEventListener('abort', () => opened.destroy())
    try {
      for await (const chunk of readable(opened.response as AsyncIterable<Buffer>)) {
        for (const line of this.#lines.push(chunk)) {
          this.#take(line, status, endpoint)
          if (this.#isOver) return
        }
      }
      // An error of the gateway itself is a line without an end; others were cut off.
      const rest = this.#lines.rest()
      if (status !== 200 || parseJson(rest) !== undefined) this.#take(rest, status, endpoint)
      throw new AttemptError(troubleOf('unreachable', 'it closed the connection'), 'not_done')
    } finally {
      opened.destroy()
    }
  }

  #take(line: string, status: number, endpoint: string): void {
    if (line === '' && status === 200) return
    const { result, error } = (parseJson(line) ?? {}) as { result?: unknown; error?: unknown }
    if (status !== 200) throw attemptErrorOf(status, parseJson(line), line)
    if (error !== undefined) throw streamError(error)
    if (watchResultShape(result) !== undefined) {
      throw new AttemptError(otherForm(), 'not_done')
    }
    const { header } = result as WireWatchResult
    this.#gateway.requireSameCluster(endpoint, header.cluster_id)
    this.#takeResult(result as WireWatchResult)
  }

  #takeResult(result: WireWatchResult): void {
    const { compact_revision: compactRevision = '0', header, canceled = false } = result
    if (compactRevision !== '0') return this.#end({ kind: 'compacted', compactRevision })
    if (canceled) throw cancelError(result.cancel_reason ?? '')
    if (result.created === true) this.#takeCreated(header.revision)
    for (const { type, kv } of result.events ?? []) {
      if (this.#isOver) return
      const revision = BigInt(kv.mod_revision)
      // What is older than it was said to begin with, or than the event before, would undo that.
      if (revision < this.#nextRevision || revision < this.#lastEventRevision) {
        throw new AttemptError(otherForm(), 'not_done')
      }
      this.#lastEventRevision = revision
      this.#sink.event({ type: type === 'DELETE' ? 'delete' : 'put', kv: keyValueOf(kv) })
    }
    // What one revision did may be in two fragments: only the last one ends it.
    const isWhole = result.fragment !== true && this.#lastEventRevision >= this.#nextRevision
    if (isWhole) this.#nextRevision = this.#lastEventRevision + 1n
  }

  #takeCreated(revision: string | undefined): void {
    if (revision === undefined) throw new AttemptError(otherForm(), 'not_done')
    if (BigInt(revision) + 1n < this.#nextRevision) return this.#end({ kind: 'behind', revision })
    this.#sink.created(revision)
  }

  #fail(endpoint: string, error: Error): void {
    if (this.#isOver) return
    if (!(error instanceof AttemptError) || error.fate !== 'refused') this.#gateway.leave(endpoint)
    this.#end({ kind: 'failed', error: translated(endpoint, error) })
  }

  #end(end: WatchEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#ending.abort()
    this.#sink.ended(end)
  }
}

function watchRequest(range: WireRange, fromRevision: string): object {
  return { ...range, start_revision: fromRevision, fragment: true }
}

function isOfSession(error: unknown): boolean {
  return error instanceof AttemptError && error.trouble.kind === 'not_authenticated'
}

/** The chunks of an answer; a broken connection is a failure of the endpoint. */
async function* readable(response: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* response
  } catch (error) {
    throw new AttemptError(troubleOfConnection(error as Error), 'not_done', error)
  }
}

function translated(endpoint: string, error: Error): Error {
  if (error instanceof EtcdError) return error
  if (error instanceof LineTooLong) return new EtcdUnavailableError(endpoint, troubleOf('too_long'))
  if (!(error instanceof AttemptError)) return error
  const { trouble, fate, cause } = error
  const Class = fate === 'refused' ? EtcdRefusedError : EtcdUnavailableError
  return new Class(endpoint, trouble, cause)
}

/** `rpc error: code = PermissionDenied desc = etcdserver: permission denied`, with status 200. */
function cancelError(reason: string): AttemptError {
  const words = reason.slice(0, 200)
  const known = troubleOfRefusal({ status: 200, words })
  const said = words === '' ? 'it ended the watch without a reason' : `"${words}"`
  const trouble = known.kind === 'not_etcd' ? troubleOf('busy', said) : known
  return new AttemptError(trouble, trouble.kind === 'busy' ? 'not_done' : 'refused')
}

/** `{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader"}` in the middle of an answer. */
function streamError(error: unknown): AttemptError {
  const said = error as { grpc_code?: unknown; code?: unknown; http_code?: unknown } | null
  const code = said?.grpc_code ?? said?.code ?? 14
  const status = typeof said?.http_code === 'number' ? said.http_code : 503
  return attemptErrorOf(status, { ...said, code }, '')
}
