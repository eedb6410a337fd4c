import type { TestContext } from 'node:test'
import type { BridgeAccount } from '../../src/configuration/configuration.ts'
import { createDialogue } from '../../src/bridge/create-dialogue.ts'
import type { Entry, LoginOutcome } from '../../src/bridge/gate.ts'
import { Places } from '../../src/bridge/places.ts'
import { promises } from '../../src/bridge/promises.ts'
import { ServerExtensions } from '../../src/bridge/server-extensions.ts'
import { placeKey } from '../../src/bridge/place-key.ts'
import { UpstreamLogins } from '../../src/bridge/upstream-logins.ts'
import { isCmsOauthError } from '../../src/errors.ts'
import { createMailTls } from '../../src/mail/connection/verified-tls.ts'
import type { BridgeToken, BridgeTokenRefusal } from '../../src/messages/bridge-messages.ts'
import type { Protocol } from '../../src/sasl/output-format.ts'
import { theirTag } from '../mail/good-logins.ts'
import { accessToken, certificates } from '../mail/try-login.ts'
import { type MailStep, startScriptedMailServer } from '../support/mail-server.ts'
import { FakeGate, plain } from './fake-gate.ts'

/** What a right password gets, of each protocol, where the way up fails. */
export interface Told {
  /** All that the client is told, without the end of its line. */
  said: string
  /** All that the server got, one character a byte. */
  received: string
  /** Connections that are still counted after it. */
  taken: number
  isPiped: boolean
}

interface HostileServer {
  /** A function: by how many connections came before. */
  steps: readonly MailStep[] | ((before: number) => readonly MailStep[])
  /** What it shows; what is trusted are the certificates of the tests. */
  shown?: { key: string; cert: string }
  /** Another authority that is trusted. */
  trusted?: string
  isImplicitTls?: boolean
  /** The daemon's answer to who asks for another token than the refused one. @throws CmsOauthError */
  another?: (refused: BridgeTokenRefusal, limitMs: number) => BridgeToken | Promise<BridgeToken>
  /** Of the whole login. */
  loginLimitMs?: number
}

const user = 'user@example.com'

const commands: Record<Protocol, string> = {
  SMTP: `AUTH PLAIN ${plain()}`,
  IMAP: `${theirTag} AUTHENTICATE PLAIN ${plain()}`,
  POP: `AUTH PLAIN ${plain()}`,
}

/** A client with the right password, at a bridge whose mail server follows a script. */
export async function logInThroughBridge(
  t: TestContext,
  protocol: Protocol,
  {
    steps,
    shown = certificates,
    trusted,
    isImplicitTls = false,
    another,
    ...limits
  }: HostileServer,
): Promise<Told> {
  const server = await startScriptedMailServer({ steps, certificates: shown, isImplicitTls })
  t.after(() => server.close())
  let held: ReadonlyMap<string, number> = new Map()
  const places = new Places((taken) => (held = taken))
  const logins = new UpstreamLogins({
    places,
    tokens: {
      request: async ({ refused }, limitMs) =>
        refused && another ? another(refused, limitMs) : { user, accessToken, fingerprint: 'f' },
    },
    extensions: {
      SMTP: new ServerExtensions(promises.SMTP),
      IMAP: new ServerExtensions(promises.IMAP),
      POP: new ServerExtensions(promises.POP),
    },
    ...limits,
    tls: createMailTls([certificates.ca, ...(trusted === undefined ? [] : [trusted])]),
  })
  const begin = isImplicitTls ? 'tls' : 'starttls'
  const account = { user, server: `localhost:${server.port}/${begin}`, connections: 1 }
  const gate = new RealLogin(logins, protocol, account)
  const step = await createDialogue(protocol, gate).receive(commands[protocol])
  step.pipe?.upstream.socket.destroy()
  await server.left()
  return {
    said: (step.reply ?? '').replace(/\r\n$/, ''),
    received: server.received(),
    taken: held.get(placeKey(protocol, account)) ?? 0,
    isPiped: step.pipe !== undefined,
  }
}

/** Knows one password, and logs in as the bridge does. */
class RealLogin extends FakeGate {
  readonly #logins: UpstreamLogins
  readonly #protocol: Protocol
  readonly #account: BridgeAccount

  constructor(logins: UpstreamLogins, protocol: Protocol, account: BridgeAccount) {
    super()
    this.#logins = logins
    this.#protocol = protocol
    this.#account = account
  }

  override async login(_entry: Entry, tag?: string): Promise<LoginOutcome> {
    const { signal } = new AbortController()
    const [protocol, account] = [this.#protocol, this.#account]
    try {
      const want = { protocol, account, limit: 1, waitMs: 100, signal, tag }
      return { upstream: await this.#logins.logIn(want) }
    } catch (failure) {
      if (!isCmsOauthError(failure)) throw failure
      return { failure }
    }
  }
}
