import { type IncomingMessage, request } from 'node:http'
import {
  type CmsOauthError,
  DaemonUnreachableError,
  errorFromWire,
  NotPermittedError,
  type WireError,
} from '../errors.ts'
import type {
  AccountsAnswer,
  BrokerEvent,
  ForgetAnswer,
  ImportBody,
  ReloadAnswer,
  SignInBody,
  SignInProgress,
} from './api.ts'

/**
 * The control socket from the other side. Every function throws what the daemon answered, or
 * DaemonUnreachableError or NotPermittedError where it did not answer.
 */
export class ControlClient {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Every account with its state. */
  accounts(): Promise<AccountsAnswer> {
    return this.#fetch('GET', '/v1/accounts')
  }

  /** Opens a sign-in; the last line is `completed` or `failed`. */
  signIn(user: string, body: SignInBody): AsyncIterable<SignInProgress> {
    return this.#stream('POST', `${accountPath(user)}/sign-in`, body)
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

  /** What happens from now on. */
  events(): AsyncIterable<BrokerEvent> {
    return this.#stream('GET', '/v1/events')
  }

  async #fetch<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.#send(method, path, body)
    return JSON.parse(await textOf(response)) as T
  }

  async *#stream<T>(method: string, path: string, body?: object): AsyncIterable<T> {
    const response = await this.#send(method, path, body)
    let rest = ''
    for await (const chunk of this.#chunksOf(response)) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield JSON.parse(line) as T
    }
  }

  async *#chunksOf(response: IncomingMessage): AsyncIterable<string> {
    try {
      yield* response.setEncoding('utf8') as AsyncIterable<string>
    } catch (error) {
      throw this.#translate(error as NodeJS.ErrnoException)
    }
  }

  async #send(method: string, path: string, body?: object): Promise<IncomingMessage> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({ socketPath: this.#path, method, path, agent: false }, resolve)
      sent.once('error', (error) => reject(this.#translate(error)))
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
    if ((response.statusCode ?? 500) < 400) return response
    throw errorFromWire(JSON.parse(await textOf(response)) as WireError)
  }

  #translate(error: NodeJS.ErrnoException): CmsOauthError {
    if (error.code === 'EACCES' || error.code === 'EPERM') {
      return new NotPermittedError(`you may not open the control socket "${this.#path}"`, {
        hint: 'it is for the user that cms-oauthd runs as: use sudo -u',
        cause: error,
      })
    }
    const isAbsent = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(error.code ?? '')
    return new DaemonUnreachableError(
      isAbsent
        ? `nobody answers on the control socket "${this.#path}"`
        : `the daemon broke off on "${this.#path}": ${error.code ?? error.message}`,
      {
        hint: 'start the daemon: "systemctl --user start cms-oauthd" or "cms-oauthd"; for a system service set CMS_OAUTH_CONTROL=/run/cms-oauthd/control.sock',
        cause: error,
      },
    )
  }
}

function accountPath(user: string): string {
  return `/v1/accounts/${encodeURIComponent(user)}`
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string
  return text
}
