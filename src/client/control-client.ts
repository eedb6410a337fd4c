import { type IncomingMessage, request } from 'node:http'
import { isSocketPath, socketPathLimitBytes } from '../configuration/socket-path.ts'
import { errorFromWire, UsageError, type WireError } from '../errors.ts'
import type {
  AccountsAnswer,
  BrokerEvent,
  Diagnostics,
  ForgetAnswer,
  ImportBody,
  RedirectBody,
  ReloadAnswer,
  SignInBody,
  SignInProgress,
} from '../messages/control-api.ts'
import { noAnswer, notOurs } from './no-answer.ts'

interface Content {
  body?: object | undefined
  signal?: AbortSignal | undefined
}

/**
 * The control socket from the other side. Every function throws what the daemon answered, or
 * DaemonUnreachableError or NotPermittedError where it did not answer.
 */
export class ControlClient {
  readonly #path: string
  readonly #limitMs: number

  /** `limitMs` is for each answer but the streams. @throws UsageError for an impossible path */
  constructor(path: string, limitMs = 90_000) {
    if (!isSocketPath(path)) {
      throw new UsageError(`"${path}" is not a path for a socket`, {
        hint: `name the control socket by a path of at most ${socketPathLimitBytes} bytes`,
      })
    }
    this.#path = path
    this.#limitMs = limitMs
  }

  /** Every account with its state. */
  accounts(): Promise<AccountsAnswer> {
    return this.#fetch('GET', '/v1/accounts')
  }

  /** What the daemon sees of itself, of its renewer and of the way to the providers. */
  diagnostics(user?: string): Promise<Diagnostics> {
    const query = user === undefined ? '' : `?user=${encodeURIComponent(user)}`
    return this.#fetch('GET', `/v1/diagnostics${query}`)
  }

  /** Opens a sign-in; the last line is `completed` or `failed`. Throws when `signal` aborts. */
  signIn(user: string, body: SignInBody, signal?: AbortSignal): AsyncIterable<SignInProgress> {
    return this.#stream('POST', `${accountPath(user)}/sign-in`, { body, signal })
  }

  /** Hands in the address that a browser elsewhere ended at. */
  async redirectSignIn(user: string, body: RedirectBody): Promise<void> {
    await this.#fetch('POST', `${accountPath(user)}/sign-in/redirect`, body)
  }

  /** Hands in a foreign refresh token. */
  async importGrant(user: string, body: ImportBody): Promise<void> {
    await this.#fetch('PUT', `${accountPath(user)}/grant`, body)
  }

  /** Forgets the sign-in, at the provider too where `revoke` is true. */
  forgetGrant(user: string, revoke: boolean): Promise<ForgetAnswer> {
    return this.#fetch('DELETE', `${accountPath(user)}/grant?revoke=${revoke}`)
  }

  /** Refreshes now. */
  async refresh(user: string): Promise<void> {
    await this.#fetch('POST', `${accountPath(user)}/refresh`)
  }

  /** Reads the configuration again. */
  reload(): Promise<ReloadAnswer> {
    return this.#fetch('POST', '/v1/reload')
  }

  /** What happens from now on, until the daemon ends or `signal` aborts, which throws. */
  events(signal?: AbortSignal): AsyncIterable<BrokerEvent> {
    return this.#stream('GET', '/v1/events', { signal })
  }

  async #fetch<T>(method: string, path: string, body?: object): Promise<T> {
    const signal = AbortSignal.timeout(this.#limitMs)
    const response = await this.#send(method, path, { body, signal })
    return this.#parse(await this.#textOf(response)) as T
  }

  async *#stream<T>(method: string, path: string, content: Content): AsyncIterable<T> {
    const response = await this.#send(method, path, content)
    let rest = ''
    for await (const chunk of this.#chunksOf(response)) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield this.#parse(line) as T
    }
  }

  async *#chunksOf(response: IncomingMessage): AsyncIterable<string> {
    try {
      yield* response.setEncoding('utf8') as AsyncIterable<string>
    } catch (error) {
      throw noAnswer(this.#path, error as NodeJS.ErrnoException)
    }
  }

  async #textOf(response: IncomingMessage): Promise<string> {
    let text = ''
    for await (const chunk of this.#chunksOf(response)) text += chunk
    return text
  }

  async #send(method: string, path: string, { body, signal }: Content): Promise<IncomingMessage> {
    const options = { socketPath: this.#path, method, path, agent: false, signal }
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(options, resolve)
      sent.once('error', (error) => reject(noAnswer(this.#path, error)))
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
    if ((response.statusCode ?? 500) < 400) return response
    const wire = this.#parse(await this.#textOf(response)) as Partial<WireError>
    if (typeof wire.error !== 'string') throw notOurs(this.#path)
    throw errorFromWire(wire as WireError)
  }

  #parse(text: string): object {
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value === 'object' && value !== null) return value
    } catch {
      // Told below.
    }
    throw notOurs(this.#path)
  }
}

function accountPath(user: string): string {
  return `/v1/accounts/${encodeURIComponent(user)}`
}
