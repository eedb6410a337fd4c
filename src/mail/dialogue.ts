import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { MailLoginRefusedError } from '../errors.ts'
import type { AccountFacts } from './account-facts.ts'
import {
  connectionEnded,
  connectionFailure,
  type Moment,
  silenceHint,
  silenceMs,
} from './connection-failure.ts'
import { type MailServer, writeServer } from './mail-server.ts'
import { mask } from './mask.ts'
import { printable } from './printable.ts'
import { type Refused, refusal } from './refusal.ts'
import { describeConnection, describeCredential } from './remarks.ts'

interface DialogueOptions {
  server: MailServer
  /** Authorities, PEM; undefined: Node's own. */
  ca: string[] | undefined
  /** Masked wherever a server repeats it; what `sendSecret` sends is masked besides. */
  accessToken: string
  /** Whose token it is: some refusals mean another thing. */
  facts: AccountFacts
  /** Takes each line of the conversation: printable, credentials masked. */
  print: (line: string) => void
  /** Facts of the connection are printed too. */
  isVerbose?: boolean
  /** For the whole conversation. */
  limitMs?: number
  /** After which a server that says nothing in plain text is mentioned. */
  silenceMs?: number
}

const defaultLimitMs = 60_000
const conversationLimitBytes = 256 * 1024

/**
 * A conversation in lines with a mail server, over one socket that becomes a verified TLS one before
 * anything secret is said. All that is sent and received goes through one transcript.
 */
export class Dialogue {
  readonly #options: DialogueOptions
  readonly #deadline: AbortSignal
  readonly #secrets: string[]
  #socket: Socket
  #isVerified: boolean
  #received = ''
  #receivedBytes = 0
  #failure: Error | undefined
  #wake: () => void = () => {}

  private constructor(options: DialogueOptions, deadline: AbortSignal, socket: Socket) {
    this.#options = options
    this.#deadline = deadline
    this.#secrets = [options.accessToken]
    this.#socket = socket
    this.#isVerified = options.server.isImplicitTls
    this.#listen()
    if (!this.#isVerified) this.#tellOfSilence()
    deadline.addEventListener('abort', () => this.#fail(this.#translate(deadline.reason)))
  }

  /** Connects, with TLS from the start where the server wants it. @throws CmsOauthError */
  static async open(options: DialogueOptions): Promise<Dialogue> {
    const { server, print, limitMs = defaultLimitMs } = options
    const { host, port, isImplicitTls } = server
    print(`connect: ${writeServer(server)}${isImplicitTls ? ' with TLS' : ''}`)
    const deadline = AbortSignal.timeout(limitMs)
    const socket = isImplicitTls
      ? await secure(options, deadline)
      : await established(connectPlain({ host, port }), 'connect', server, deadline)
    return new Dialogue(options, deadline, socket)
  }

  /** The next line without its CRLF, one character a byte. @throws CmsOauthError where none comes */
  async readLine(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf('\n')
      if (end !== -1) {
        const line = this.mask(this.#received.slice(0, end).replace(/\r$/, ''))
        this.#received = this.#received.slice(end + 1)
        this.#options.print(`reply: ${printable(line)}`)
        return line
      }
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The text without any secret of this conversation. */
  mask(text: string): string {
    return mask(text, this.#secrets)
  }

  /** Sends a line that anybody may read. */
  send(line: string): void {
    this.#options.print(`send: ${line}`)
    this.#socket.write(`${line}\r\n`)
  }

  /** Sends a credential, over verified TLS only; the transcript shows its length alone. */
  sendSecret(line: string): void {
    if (!this.#isVerified) throw this.#broken('the connection is not protected by TLS')
    this.#secrets.push(line)
    this.#options.print(`send: [${line.length} characters, not shown]`)
    this.#remark(() => [`which say: ${describeCredential(line, this.#options.accessToken)}`])
    this.#socket.write(`${line}\r\n`)
  }

  /**
   * Turns the connection into a verified TLS one, after the server agreed to it.
   * @throws MailLoginRefusedError where anything was said before the handshake, or the certificate
   * does not hold
   */
  async startTls(): Promise<void> {
    if (this.#received !== '') {
      throw this.#broken(
        'it sent data before the TLS handshake: somebody may be injecting commands',
      )
    }
    if (this.#failure !== undefined) throw this.#failure
    const plain = this.#socket.removeAllListeners()
    // The TLS socket above it reports its errors.
    plain.on('error', () => {})
    this.#socket = await secure(this.#options, this.#deadline, plain)
    this.#isVerified = true
    this.#listen()
  }

  /** Whose mail server it is, as far as it is known. */
  get provider(): AccountFacts['provider'] {
    return this.#options.facts.provider
  }

  /** The error of what the server refuses in this conversation. */
  refusal(refused: Refused): Error {
    return refusal(refused, this.#options.facts)
  }

  /** Ends the connection with a word of farewell that waits for no answer and is not printed. */
  close(farewell: string): void {
    if (this.#socket.writable) this.#socket.write(`${farewell}\r\n`)
    this.#socket.destroySoon()
  }

  #remark(describe: () => string[]): void {
    if (this.#options.isVerbose !== true) return
    for (const line of describe()) this.#options.print(`  (${printable(this.mask(line))})`)
  }

  /** A server that waits for a handshake says nothing at all, until the deadline. */
  #tellOfSilence(): void {
    const { server, print, silenceMs: limitMs = silenceMs } = this.#options
    const timer = setTimeout(() => {
      if (this.#moment() === 'greeting' && this.#failure === undefined) {
        print(`  (no answer for ${limitMs / 1_000} s: ${silenceHint(server)})`)
      }
    }, limitMs)
    timer.unref()
  }

  #moment(): Moment {
    return this.#isVerified || this.#receivedBytes > 0 ? 'conversation' : 'greeting'
  }

  #listen(): void {
    this.#remark(() => describeConnection(this.#socket))
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text: string) => {
      this.#received += text
      this.#receivedBytes += text.length
      if (this.#receivedBytes > conversationLimitBytes)
        this.#fail(this.#broken('it sends too much'))
      this.#wake()
    })
    this.#socket.on('error', (error) => this.#fail(this.#translate(error)))
    const ended = () => this.#fail(connectionEnded(this.#options.server, this.#moment()))
    this.#socket.on('end', ended)
    this.#socket.on('close', ended)
  }

  #fail(failure: Error): void {
    this.#failure ??= failure
    this.#socket.destroy()
    this.#wake()
  }

  #translate(error: unknown): Error {
    return connectionFailure(this.#options.server, error, this.#moment())
  }

  #broken(what: string): MailLoginRefusedError {
    const where = writeServer(this.#options.server)
    return new MailLoginRefusedError(`"${where}" cannot be trusted: ${what}`, {
      hint: 'nothing secret was sent after that; if this keeps happening, try another network',
    })
  }
}

/** TLS with everything checked: names, authorities, age, and a version that is still sound. */
function secure(options: DialogueOptions, deadline: AbortSignal, socket?: Socket): Promise<Socket> {
  const { server, ca } = options
  const { host, port } = server
  const tls = connectTls({
    ...(socket === undefined ? { port } : { socket }),
    host,
    servername: /^[\d.]+$|:/.test(host) ? '' : host,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
  })
  return established(tls, 'secureConnect', server, deadline)
}

async function established<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  server: MailServer,
  signal: AbortSignal,
): Promise<S> {
  try {
    await once(socket, event, { signal })
    return socket
  } catch (error) {
    socket.destroy()
    // An attempt that was abandoned may fail once more.
    socket.on('error', () => {})
    throw connectionFailure(server, error, event === 'connect' ? 'connect' : 'handshake')
  }
}
