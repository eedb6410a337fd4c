import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { closeAfterWords } from '../mail/connection/close-after-words.ts'
import type { BridgeLogFields } from '../messages/bridge-messages.ts'
import { runningMs } from '../schedule/clock.ts'
import {
  ClientGoneError,
  ClientLines,
  ClientSilentError,
  ProxyHeaderError,
  TlsHelloError,
  UnusableLineError,
} from './client-lines.ts'
import type { EventLog } from './event-log.ts'
import type { ClientTls, Dialogue, Entry, Step } from './gate.ts'
import { pipe, type PipeCounts } from './pipe.ts'
import { HandshakeError, secureClient } from './secure-client.ts'
import { sendReply } from './send-reply.ts'
import type { Upstream } from './upstream.ts'
import { isHttp, WebPageError } from './web-page.ts'

interface ConversationOptions {
  client: Socket
  /** For what is said with or without TLS. */
  createDialogue: (tls: ClientTls) => Dialogue
  tls: LocalTls
  log: EventLog
  /** Who it is and where. */
  fields: () => BridgeLogFields
  /** A client is connected to its mail server from now on. */
  onPiped: (entry: Entry) => void
  /** Those of the contract, unless a test has no time for them. */
  limits?: { silenceMs: number; dialogueMs: number }
}

/** How a connection begins, and what TLS is made with; `on`: TLS comes first of all. */
export type LocalTls = { begins: 'off' } | { begins: ClientTls; context: SecureContext }

/** A client in its turn to speak: by TLS it is another socket and another dialogue. */
interface Talk {
  client: Socket
  lines: ClientLines
  dialogue: Dialogue
}

const standardLimits = { silenceMs: 60_000, dialogueMs: 5 * 60_000 }
const handshakeMs = 20_000
/** So long somebody may take to read the last words, and go on talking after them. */
const lastWords = { readMs: 10_000, silentMs: 1_000, mostMs: 1_000 }

/**
 * One client, from its greeting until it is either connected to its mail server, which pipe.ts does from
 * then on, or turned away. What was made on the way is not kept for as long as the client is connected.
 */
export function converse(options: ConversationOptions): Promise<void> {
  return new Conversation(options).run()
}

class Conversation {
  readonly #options: ConversationOptions
  readonly #deadline: number
  #talk: Talk

  constructor(options: ConversationOptions) {
    const { client, tls, limits = standardLimits } = options
    this.#options = options
    this.#deadline = runningMs() + limits.dialogueMs
    this.#talk = this.#talkWith(client, tls.begins)
  }

  async run(): Promise<void> {
    try {
      if (this.#options.tls.begins === 'on') await this.#secure()
      const last = await this.#untilLast()
      if (last.pipe === undefined) this.#endWith(last)
      else await this.#goOn({ ...last, pipe: last.pipe })
    } catch (error) {
      this.#giveUp(error)
    }
  }

  #talkWith(client: Socket, tls: ClientTls): Talk {
    const dialogue = this.#options.createDialogue(tls)
    return { client, lines: new ClientLines(client), dialogue }
  }

  /** How long the next line may take. @throws ClientSilentError where it must have come */
  #waitMs(mostMs = Infinity): number {
    const { limits = standardLimits } = this.#options
    const leftMs = this.#deadline - runningMs()
    // Without this a client that sends without a pause would never be stopped.
    if (leftMs <= 0) throw new ClientSilentError()
    return Math.min(limits.silenceMs, leftMs, mostMs)
  }

  /** Greets, and answers line after line. Returns the step that ends the dialogue. */
  async #untilLast(): Promise<Step> {
    let step = await this.#talk.dialogue.greet()
    for (;;) {
      const { reply, close, pipe: upstream, startTls } = step
      if (close !== undefined || upstream !== undefined) return step
      if (startTls !== undefined && this.#talk.lines.hasMore) {
        return { reply: startTls.injected, close: { reason: 'more came before TLS began' } }
      }
      if (reply !== undefined) await sendReply(this.#talk.client, reply, this.#waitMs())
      if (startTls !== undefined) await this.#secure()
      step = await this.#talk.dialogue.receive(await this.#read(step))
    }
  }

  async #read({ octets }: Step): Promise<string> {
    const waitMs = this.#waitMs()
    return octets === undefined
      ? this.#readLine(waitMs)
      : this.#talk.lines.readOctets(octets, waitMs)
  }

  /** @throws WebPageError; see ClientLines for others */
  async #readLine(waitMs: number): Promise<string> {
    const { lines, dialogue } = this.#talk
    const line = await lines.read({ bytesOf: (start) => dialogue.lineLimit(start), waitMs })
    if (isHttp(line)) throw new WebPageError()
    return line
  }

  /** Goes on by TLS, and as if nothing had been said. */
  async #secure(): Promise<void> {
    const { tls, log, fields } = this.#options
    if (!('context' in tls)) throw new Error('TLS without a certificate')
    const { client, lines } = this.#talk
    lines.takeRest()
    const secured = await secureClient(client, {
      context: tls.context,
      waitMs: this.#waitMs(handshakeMs),
      onComplaint: (reason) => log.warn('bridge.refused', { ...fields(), reason }),
    })
    this.#talk = this.#talkWith(secured, 'on')
  }

  async #goOn({
    reply = '',
    pipe: { upstream, entry, first = '' },
  }: Step & { pipe: NonNullable<Step['pipe']> }): Promise<void> {
    const { log, fields, onPiped } = this.#options
    const { client, lines } = this.#talk
    const end = beginPassage(log, fields(), entry, upstream)
    onPiped(entry)
    const isUnheard = !lines.hasHeard
    try {
      const up = isUnheard ? await this.#hearFirst(reply) : first
      void pipe(client, upstream, {
        up: [Buffer.from(up, 'latin1'), lines.takeRest()],
        down: [Buffer.from(isUnheard ? '' : reply, 'latin1')],
      }).then(end)
    } catch (error) {
      end({ bytesUp: 0, bytesDown: 0 })
      throw error
    }
  }

  /**
   * A client that is let in before it has said anything may be a web page: its first line is read before it
   * goes on to the mail server.
   */
  async #hearFirst(greeting: string): Promise<string> {
    const { silenceMs } = this.#options.limits ?? standardLimits
    await sendReply(this.#talk.client, greeting, silenceMs)
    return `${await this.#readLine(silenceMs)}\r\n`
  }

  /** Closes after the last words. The kernel would take them back where input is left unread. */
  #endWith({
    reply = '',
    close: { reason, isStray = false } = {},
  }: Pick<Step, 'reply' | 'close'>): void {
    const { log, fields } = this.#options
    const { client, lines } = this.#talk
    if (reason !== undefined) {
      log.warn(isStray ? 'bridge.stray' : 'bridge.refused', { ...fields(), reason })
    }
    lines.takeRest()
    if (isStray) return client.destroySoon()
    if (reply !== '') client.write(reply, 'latin1')
    closeAfterWords(client, lastWords)
  }

  /** Ends a conversation that has failed. @throws what is a fault of the program */
  #giveUp(error: unknown): void {
    const last = this.#lastStep(error)
    if (last !== undefined) return this.#endWith(last)
    this.#talk.client.destroy()
    throw error
  }

  #lastStep(error: unknown): Step | undefined {
    const { farewells } = this.#talk.dialogue
    // Answers that it has not read yet still reach it.
    if (error instanceof ClientGoneError) return {}
    if (error instanceof ClientSilentError) return { reply: farewells.silent }
    if (error instanceof UnusableLineError) {
      return { reply: farewells.unusable, close: { reason: 'a line that cannot be used' } }
    }
    if (error instanceof WebPageError) return { close: { reason: 'a web page?', isStray: true } }
    if (error instanceof TlsHelloError) {
      return { close: { reason: this.#adviceAboutTls(), isStray: true } }
    }
    if (error instanceof ProxyHeaderError) {
      const reason = 'it begins with the PROXY protocol: switch that off in the proxy'
      return { close: { reason, isStray: true } }
    }
    if (error instanceof HandshakeError) {
      return { close: { reason: error.message, isStray: error.isStray } }
    }
    return undefined
  }

  #adviceAboutTls(): string {
    const { begins } = this.#options.tls
    return begins === 'off'
      ? 'it begins with TLS: set tls = "implicit" here, or the program to plain text on this port'
      : 'it begins with TLS: set tls = "implicit" here, or the program to STARTTLS (STLS)'
  }
}

/** Logs who is connected to a mail server, and how. Returns a function that logs how it ended. */
function beginPassage(
  log: EventLog,
  fields: BridgeLogFields,
  { account: user, by: caller, mechanism }: Entry,
  { socket, server, fingerprint }: Upstream,
): (counts: PipeCounts) => void {
  const startedAt = runningMs()
  const who = { ...fields, user, caller, server }
  const how = mechanism === undefined ? {} : { mechanism }
  log.info('bridge.login', {
    ...who,
    ...how,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  })
  return (counts) => {
    socket.destroy()
    log.info('bridge.closed', {
      ...who,
      ...counts,
      durationMs: Math.round(runningMs() - startedAt),
    })
  }
}
