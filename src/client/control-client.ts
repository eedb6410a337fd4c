import { type IncomingMessage, request } from 'node:http'
import { isSocketPath, socketPathLimitBytes } from '../configuration/socket-path.ts'
import { UsageError } from '../errors.ts'
import type {
  AddPasswordAnswer,
  AddPasswordBody,
  BridgeCertificateAnswer,
  BridgePassword,
  PasswordsAnswer,
} from '../messages/bridge-api.ts'
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
import { readRefusal } from '../socket-client/read-refusal.ts'
import { visible } from '../socket-client/what-came.ts'
import {
  accountsAnswer,
  anyAnswer,
  brokerEvent,
  diagnostics,
  forgetAnswer,
  reloadAnswer,
  signInProgress,
} from './answer-shapes.ts'
import { addPasswordAnswer, certificateAnswer, passwordsAnswer } from './bridge-answer-shapes.ts'
import { noAnswer, notOurs, unreadable } from './no-answer.ts'
import type { Shape } from './shape.ts'

interface Question {
  method: string
  path: string
  /** What an answer, or each line of it, must hold. */
  shape: Shape
  body?: object | undefined
  signal?: AbortSignal | undefined
}

/**
 * The control socket from the other side. Every function throws what the daemon answered, or
 * DaemonUnreachableError or NotPermittedError where it did not answer, or with what no command can
 * read. No text of an answer holds a control character.
 */
export class ControlClient {
  readonly #path: string
  readonly #limitMs: number

  /**
   * `limitMs` is the time limit for each answer, except for streams. @throws UsageError for an
   * impossible path
   */
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
    return this.#fetch({ method: 'GET', path: '/v1/accounts', shape: accountsAnswer })
  }

  /** What the daemon knows of itself, its renewer and the connection to the providers. */
  diagnostics(user?: string): Promise<Diagnostics> {
    const query = user === undefined ? '' : `?user=${encodeURIComponent(user)}`
    return this.#fetch({ method: 'GET', path: `/v1/diagnostics${query}`, shape: diagnostics })
  }

  /** Opens a sign-in; the last line is `completed` or `failed`. Throws when `signal` aborts. */
  signIn(user: string, body: SignInBody, signal?: AbortSignal): AsyncIterable<SignInProgress> {
    const path = `${accountPath(user)}/sign-in`
    return this.#stream({ method: 'POST', path, shape: signInProgress, body, signal })
  }

  /** Passes on the address that a browser on another machine ended at. */
  async redirectSignIn(user: string, body: RedirectBody): Promise<void> {
    const path = `${accountPath(user)}/sign-in/redirect`
    await this.#fetch({ method: 'POST', path, shape: anyAnswer, body })
  }

  /** Passes on a refresh token of another program. */
  async importGrant(user: string, body: ImportBody): Promise<void> {
    const path = `${accountPath(user)}/grant`
    await this.#fetch({ method: 'PUT', path, shape: anyAnswer, body })
  }

  /** Deletes the sign-in, and revokes it at the provider if `revoke` is true. */
  forgetGrant(user: string, revoke: boolean): Promise<ForgetAnswer> {
    const path = `${accountPath(user)}/grant?revoke=${revoke}`
    return this.#fetch({ method: 'DELETE', path, shape: forgetAnswer })
  }

  /** Refreshes now. */
  async refresh(user: string): Promise<void> {
    await this.#fetch({ method: 'POST', path: `${accountPath(user)}/refresh`, shape: anyAnswer })
  }

  /** What programs are to trust that connect to bridges by TLS. */
  bridgeCertificate(): Promise<BridgeCertificateAnswer> {
    const path = '/v1/bridge/certificate'
    return this.#fetch({ method: 'GET', path, shape: certificateAnswer })
  }

  /** The passwords of the bridges. */
  async passwords(): Promise<BridgePassword[]> {
    const question = { method: 'GET', path: '/v1/bridge/passwords', shape: passwordsAnswer }
    return (await this.#fetch<PasswordsAnswer>(question)).passwords
  }

  /** Makes a password; this is the only time that it is told. */
  async addPassword(name: string, body: AddPasswordBody): Promise<string> {
    const path = passwordPath(name)
    const question = { method: 'PUT', path, shape: addPasswordAnswer, body }
    return (await this.#fetch<AddPasswordAnswer>(question)).password
  }

  /** Forgets a password. */
  async removePassword(name: string): Promise<void> {
    await this.#fetch({ method: 'DELETE', path: passwordPath(name), shape: anyAnswer })
  }

  /** Reads the configuration again. */
  reload(): Promise<ReloadAnswer> {
    return this.#fetch({ method: 'POST', path: '/v1/reload', shape: reloadAnswer })
  }

  /** The events from now on, until the daemon stops; throws when `signal` aborts. */
  events(signal?: AbortSignal): AsyncIterable<BrokerEvent> {
    return this.#stream({ method: 'GET', path: '/v1/events', shape: brokerEvent, signal })
  }

  async #fetch<T>(question: Question): Promise<T> {
    const signal = AbortSignal.timeout(this.#limitMs)
    const response = await this.#send({ ...question, signal })
    return this.#read(question, await this.#textOf(response)) as T
  }

  async *#stream<T>(question: Question): AsyncIterable<T> {
    const response = await this.#send(question)
    let rest = ''
    for await (const chunk of this.#chunksOf(response)) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield this.#read(question, line) as T
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

  async #send({ method, path, body, signal }: Question): Promise<IncomingMessage> {
    const options = { socketPath: this.#path, method, path, agent: false, signal }
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(options, resolve)
      sent.once('error', (error) => reject(noAnswer(this.#path, error)))
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
    if ((response.statusCode ?? 500) < 400) return response
    const refusal = this.#parse(await this.#textOf(response))
    if (!('error' in refusal)) throw notOurs(this.#path)
    throw readRefusal(refusal, `"${this.#path}"`)
  }

  #read({ method, path, shape }: Question, text: string): unknown {
    const value = this.#parse(text)
    const fault = shape(value, '')
    if (fault !== undefined) throw unreadable(this.#path, `${method} ${path}`, fault)
    return JSON.parse(text, harmless)
  }

  #parse(text: string): object {
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value === 'object' && value !== null) return value
    } catch {
      // Reported below.
    }
    throw notOurs(this.#path)
  }
}

/** Texts of an answer are shown: none of them may speak to the terminal. */
function harmless(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? visible(value) : value
}

function passwordPath(name: string): string {
  return `/v1/bridge/passwords/${encodeURIComponent(name)}`
}

function accountPath(user: string): string {
  return `/v1/accounts/${encodeURIComponent(user)}`
}
