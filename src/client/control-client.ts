import { isSocketPath, socketPathLimitBytes } from '../configuration/socket-path.ts'
import { UsageError } from '../errors.ts'
import type {
  AddPasswordAnswer,
  AddPasswordBody,
  BridgeCertificateAnswer,
  BridgePassword,
  BridgesAnswer,
  PasswordsAnswer,
  TrialPasswordAnswer,
} from '../messages/bridge-api.ts'
import type {
  AccountsAnswer,
  BrokerEvent,
  ForgetAnswer,
  ImportBody,
  RedirectBody,
  ReloadAnswer,
  SignInBody,
  SignInProgress,
} from '../messages/control-api.ts'
import type { Diagnostics } from '../messages/diagnostics.ts'
import { type Shape, valueAt } from '../shapes/shape.ts'
import { readRefusal } from '../socket-client/read-refusal.ts'
import { visible, whatCame } from '../socket-client/what-came.ts'
import { JsonClient, type SocketRequest } from '../socket-client/json-client.ts'
import {
  accountsAnswer,
  anyAnswer,
  brokerEvent,
  diagnostics,
  forgetAnswer,
  reloadAnswer,
  signInProgress,
} from './answer-shapes.ts'
import {
  addPasswordAnswer,
  bridgesAnswer,
  certificateAnswer,
  passwordsAnswer,
  trialPasswordAnswer,
} from './bridge-answer-shapes.ts'
import { noAnswer, notOurs, unreadable } from './no-answer.ts'

/** For what a daemon answers at once, longer than it may take to start where systemd has the socket. */
const promptMs = 30_000

interface Question<T> {
  method: string
  path: string
  /** What an answer, or each line of it, must hold. */
  shape: Shape<T>
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
  readonly #client: JsonClient

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
    this.#client = new JsonClient(path, {
      noAnswer: (error) => noAnswer(path, error),
      notJson: () => notOurs(path),
      refusal: (answer) => ('error' in answer ? readRefusal(answer, `"${path}"`) : notOurs(path)),
    })
  }

  /** Every account with its state. */
  accounts(): Promise<AccountsAnswer> {
    return this.#fetchAtOnce({ method: 'GET', path: '/v1/accounts', shape: accountsAnswer })
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

  /** Where the bridges listen, and what went wrong there lately. */
  bridges(): Promise<BridgesAnswer> {
    return this.#fetchAtOnce({ method: 'GET', path: '/v1/bridges', shape: bridgesAnswer })
  }

  /** A password that is good for a minute, to try a bridge with. */
  async trialPassword(): Promise<string> {
    const path = '/v1/bridge/trial-password'
    const question = { method: 'POST', path, shape: trialPasswordAnswer }
    return (await this.#fetch<TrialPasswordAnswer>(question)).password
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

  /** Makes a password; this is the only time that it is shown. */
  addPassword(name: string, body: AddPasswordBody): Promise<AddPasswordAnswer> {
    const path = passwordPath(name)
    return this.#fetch({ method: 'PUT', path, shape: addPasswordAnswer, body })
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

  #fetchAtOnce<T>(question: Question<T>): Promise<T> {
    return this.#fetch(question, Math.min(this.#limitMs, promptMs))
  }

  async #fetch<T>(question: Question<T>, limitMs = this.#limitMs): Promise<T> {
    const signal = AbortSignal.timeout(limitMs)
    return this.#read(question, await this.#client.fetch(requestOf({ ...question, signal })))
  }

  async *#stream<T>(question: Question<T>): AsyncIterable<T> {
    const answers = this.#client.stream(requestOf(question))
    for await (const answer of answers) yield this.#read(question, answer)
  }

  #read<T>({ method, path, shape }: Question<T>, answer: object): T {
    const place = shape(answer)
    if (place === undefined) return harmless(answer) as T
    const field = place === '' ? 'it' : `"${place.replace(/^\./, '')}"`
    const fault = `${field} is ${whatCame(valueAt(answer, place))}`
    throw unreadable(this.#path, `${method} ${path}`, fault)
  }
}

function requestOf<T>({ body, ...others }: Question<T>): SocketRequest {
  return { ...others, body: body === undefined ? undefined : JSON.stringify(body) }
}

/** Texts of an answer are shown: none of them may speak to the terminal. */
function harmless(value: unknown): unknown {
  if (typeof value === 'string') return visible(value)
  if (Array.isArray(value)) return value.map(harmless)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, harmless(item)]))
}

function passwordPath(name: string): string {
  return `/v1/bridge/passwords/${encodeURIComponent(name)}`
}

function accountPath(user: string): string {
  return `/v1/accounts/${encodeURIComponent(user)}`
}
