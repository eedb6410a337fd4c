import { setTimeout as pause } from 'node:timers/promises'
import { runningMs } from '../schedule/clock.ts'
import { openFields, type Shape } from '../shapes/shape.ts'
import { ClusterPin } from './cluster-pin.ts'
import { EtcdRefusedError, EtcdUnknownError } from './etcd-error.ts'
import { Failures } from './failures.ts'
import { readGatewayAnswer, tokenShape, type WireAnswer } from './gateway-answer.ts'
import {
  AttemptError,
  type GatewayRequest,
  type GatewayResponse,
  sendToGateway,
} from './gateway-request.ts'
import { longestPatienceMs, Patience } from './patience.ts'
import type { RenewedTls } from './renewed-tls.ts'
import { type EtcdCredentials, explainNobody, Session } from './session.ts'

/** How long a call may take. */
export interface CallLimits {
  /** All tries together, while this process runs; absent: 12 s. */
  limitMs?: number
  /** Ends the call when it aborts. */
  signal?: AbortSignal
}

/** What is asked of an engine, whichever endpoint answers. */
export interface Call<T extends object> {
  path: string
  body: object
  shape: Shape<T>
  /** It only reads, or may be done twice. */
  isRepeatable: boolean
  /** What a node says of itself, also where it has no leader, and to somebody without a session. */
  isOfNode?: boolean
}

const shortestPauseMs = 100
const longestPauseMs = 1_000

/** The gateways of one engine: the one that works is kept, and the next is asked where it does not. */
export class Gateway {
  readonly #endpoints: readonly string[]
  readonly #way: RenewedTls
  readonly #session: Session | undefined
  readonly #cluster = new ClusterPin()
  #current = 0
  readonly #patience = new Patience()
  #clockAheadMs: number | undefined

  constructor(
    endpoints: readonly string[],
    way: RenewedTls,
    credentials: EtcdCredentials | undefined,
  ) {
    this.#endpoints = endpoints
    this.#way = way
    if (credentials !== undefined)
      this.#session = new Session((limitMs) => this.#authenticate(credentials, limitMs))
  }

  /** The endpoint that is asked next. */
  get endpoint(): string {
    return this.#endpoints[this.#current % this.#endpoints.length] ?? ''
  }

  /** By the last answer, to a second; undefined: there was none. */
  get clockAheadMs(): number | undefined {
    return this.#clockAheadMs
  }

  /** How long an endpoint may take to answer: longer once it was slow, never below an election. */
  get patienceMs(): number {
    return this.#patience.ms
  }

  /** Another endpoint is asked from now on, unless one is already. */
  leave(endpoint: string): void {
    this.#cluster.doubt(endpoint)
    if (this.endpoint === endpoint) this.#current += 1
  }

  /**
   * The answer of the first endpoint that gives one. What may be done twice is tried everywhere until
   * the limit; what may not, until it may have been done.
   * @throws EtcdRefusedError, EtcdUnknownError, EtcdUnavailableError, or what the password's reading throws
   */
  async call<T extends object>(call: Call<T>, limits: CallLimits = {}): Promise<T & WireAnswer> {
    const { limitMs = longestPatienceMs, signal } = limits
    const endsAtMs = runningMs() + limitMs
    const failures = new Failures()
    for (let [tries, pauseMs] = [1, shortestPauseMs]; ; tries++) {
      const { endpoint } = this
      const leftMs = Math.max(endsAtMs - runningMs(), 1)
      try {
        return await this.#withSession({ call, endpoint, leftMs, signal })
      } catch (error) {
        failures.add(endpoint, this.#requireAnother(call, endpoint, error))
      }
      const isRoundOver = tries % this.#endpoints.length === 0
      const isAnother = isRoundOver && failures.areOfAnotherCluster(this.#endpoints)
      if (isAnother) this.#cluster.forget()
      const isOver = runningMs() + (isRoundOver ? pauseMs : 0) >= endsAtMs
      if (
        isOver ||
        signal?.aborted === true ||
        (isRoundOver && failures.areLasting && !isAnother)
      ) {
        throw failures.error
      }
      if (!isRoundOver) continue
      await pause(pauseMs)
      pauseMs = Math.min(2 * pauseMs, longestPauseMs)
    }
  }

  /** The failure, if another endpoint may be asked. @throws any other, as `call` does */
  #requireAnother(
    { isRepeatable }: { isRepeatable: boolean },
    endpoint: string,
    error: unknown,
  ): AttemptError {
    if (!(error instanceof AttemptError)) throw error
    const { trouble, fate, cause } = error
    if (fate === 'refused') throw new EtcdRefusedError(endpoint, trouble, cause)
    this.leave(endpoint)
    if (fate === 'not_done' || isRepeatable) return error
    throw new EtcdUnknownError(endpoint, trouble, cause)
  }

  /** The token of the session; undefined: the engine has no users. @throws as `call` does */
  async token(): Promise<string | undefined> {
    return this.#session?.token(longestPatienceMs)
  }

  /** The engine has refused this one. */
  forget(token: string | undefined): void {
    this.#session?.forget(token)
  }

  /** The beginning of an answer without end, on a connection of its own. @throws AttemptError */
  open(
    path: string,
    request: Pick<GatewayRequest, 'endpoint' | 'token' | 'signal'> & { body: object },
  ): Promise<GatewayResponse> {
    return this.#send({ ...request, path, agent: false, limitMs: this.#patience.ms })
  }

  /** What such an answer says of the endpoint. @throws AttemptError where that is another cluster */
  requireSameCluster(endpoint: string, id: string): void {
    this.#cluster.take(endpoint, id)
  }

  /** Closes all connections that wait for the next request. */
  close(): void {
    this.#way.close()
  }

  async #withSession<T extends object>(asked: Attempt<T>): Promise<T & WireAnswer> {
    const { call, endpoint, leftMs } = asked
    const askStatus = () => this.#attempt({ ...asked, call: statusCall })
    if (call.isOfNode !== true) {
      await this.#cluster.prove(endpoint, !call.isRepeatable, askStatus)
    }
    const session = this.#session
    const attempt = (token?: string) => this.#attempt({ ...asked, token })
    if (call.path === authenticatePath) return attempt()
    if (session === undefined) return attempt().catch(explainNobody)
    const token = call.isOfNode === true ? session.known : await session.token(leftMs)
    try {
      return await attempt(token)
    } catch (error) {
      const kind = error instanceof AttemptError ? error.trouble.kind : undefined
      // A node that was restored keeps a simple token waiting that is younger than its data.
      if (kind === 'slow') session.forget(token)
      if (kind !== 'not_authenticated') throw error
      session.forget(token)
      return attempt(await session.token(leftMs))
    }
  }

  async #attempt<T extends object>(attempt: Attempt<T>): Promise<T & WireAnswer> {
    try {
      return await this.#exchange(attempt)
    } catch (error) {
      const isRenewed = await this.#way.renewAfter(error)
      if (!isRenewed || !(error instanceof AttemptError) || error.fate !== 'not_done') throw error
      return this.#exchange(attempt)
    }
  }

  async #exchange<T extends object>(attempt: Attempt<T>): Promise<T & WireAnswer> {
    const { call, endpoint, leftMs, signal, token } = attempt
    const limitMs = Math.min(this.#patience.ms, leftMs)
    const beganAtMs = runningMs()
    const { path, body, isOfNode = false } = call
    const request = { path, body, token, agent: this.#way.agent, limitMs, signal, isOfNode }
    try {
      const { response } = await this.#send({ ...request, endpoint })
      const answer = await readGatewayAnswer(response, call.shape, limitMs)
      this.#cluster.take(endpoint, answer.header.cluster_id)
      this.#patience.learn(2 * (runningMs() - beganAtMs))
      return answer
    } catch (error) {
      const isSlow = error instanceof AttemptError && error.trouble.kind === 'slow'
      if (isSlow) this.#patience.learn(2 * limitMs)
      throw error
    }
  }

  async #send(
    request: Omit<GatewayRequest, 'tls' | 'body'> & { body: object },
  ): Promise<GatewayResponse> {
    const body = JSON.stringify(request.body)
    const response = await sendToGateway({ ...request, tls: this.#way.tls, body })
    this.#clockAheadMs = response.clockAheadMs ?? this.#clockAheadMs
    return response
  }

  async #authenticate({ user, password }: EtcdCredentials, limitMs: number): Promise<string> {
    const body = { name: user, password: await password() }
    const call = { path: authenticatePath, body, shape: tokenShape, isRepeatable: true }
    const { token } = await this.call(call, { limitMs })
    return token
  }
}

/** A call as one endpoint is asked. */
interface Attempt<T extends object> extends Pick<GatewayRequest, 'endpoint' | 'signal'> {
  call: Call<T>
  /** How long it may take. */
  leftMs: number
  /** Of the session; absent: the call is sent without. */
  token?: string | undefined
}

/** What a node says of itself, to anybody. */
export const statusPath = '/v3/maintenance/status'
const statusCall: Call<object> = {
  path: statusPath,
  body: {},
  shape: openFields<object>({}),
  isRepeatable: true,
  isOfNode: true,
}
const authenticatePath = '/v3/auth/authenticate'
