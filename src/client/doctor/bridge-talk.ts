/** The few words with which a mail program comes through a bridge and leaves again. */
import type { Socket } from 'node:net'
import type { ListenAddress } from '../../configuration/listen-address.ts'
import type { LocalTlsMode } from '../../configuration/local-listener.ts'
import { LineBuffer } from '../../mail/connection/line-buffer.ts'
import { printable } from '../../mail/printable.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import { openBridge, secureBridge } from './open-bridge.ts'

/** Who comes through: with a password, or as the kernel or the network says. */
export interface BridgeVisit {
  protocol: Protocol
  address: ListenAddress
  tls: LocalTlsMode
  user: string
  password?: string
}

/** How far a visit came. */
export interface BridgeAnswer {
  isIn: boolean
  /** Of what the bridge said. */
  lastLine: string
}

/** Longer than the 15 s within which a bridge answers a login. */
const patienceMs = 20_000
const limits = { lineBytes: 8 * 1024, bytes: 64 * 1024 }

interface Words {
  /** The last line of a reply. */
  end: RegExp
  good: RegExp
  hello: readonly string[]
  startTls: string
  logIn: (user: string, password: string) => readonly string[]
  /** For who needs no password. */
  comeIn: (user: string) => readonly string[]
  leave: string
}

const plain = (user: string, password: string) =>
  Buffer.from(`\0${user}\0${password}`).toString('base64')

const words: Record<Protocol, Words> = {
  SMTP: {
    end: /^\d{3}(?: .*)?$/,
    good: /^2/,
    hello: ['EHLO localhost'],
    startTls: 'STARTTLS',
    logIn: (user, password) => [`AUTH PLAIN ${plain(user, password)}`],
    // A transaction without a recipient sends nothing.
    comeIn: (user) => [`MAIL FROM:<${user}>`],
    leave: 'QUIT',
  },
  IMAP: {
    end: /^(?:a |\* (?:OK|PREAUTH|BYE)\b)/,
    good: /^(?:a OK|\* (?:OK|PREAUTH))/,
    hello: [],
    startTls: 'a STARTTLS',
    logIn: (user, password) => [`a AUTHENTICATE PLAIN ${plain(user, password)}`],
    comeIn: () => ['a NOOP'],
    leave: 'a LOGOUT',
  },
  POP: {
    end: /^[+-]/,
    good: /^\+OK/,
    hello: [],
    startTls: 'STLS',
    logIn: (user, password) => [`AUTH PLAIN ${plain(user, password)}`],
    comeIn: (user) => [`USER ${user}`, 'PASS -'],
    leave: 'QUIT',
  },
}

/**
 * Comes through a bridge up to the mail server's mailbox, and leaves. It takes at most `limitMs`.
 * @throws NodeJS.ErrnoException where nobody answers, AbortError or TimeoutError for one who does not in
 * time
 */
export async function visitBridge(visit: BridgeVisit, limitMs = patienceMs): Promise<BridgeAnswer> {
  const { protocol, address, tls, user, password } = visit
  const { hello, startTls, logIn, comeIn, leave, good } = words[protocol]
  const signal = AbortSignal.timeout(limitMs)
  const talk = new Talk(await openBridge(address, tls, signal), words[protocol].end, signal)
  try {
    let lastLine = await talk.hear()
    const isEncrypted = tls === 'starttls' || tls === 'required'
    const steps = [
      ...hello,
      ...(isEncrypted ? [startTls, ...hello] : []),
      ...(password === undefined ? comeIn(user) : logIn(user, password)),
    ]
    for (const step of steps) {
      if (!good.test(lastLine)) break
      lastLine = await talk.say(step)
      if (step === startTls && good.test(lastLine)) await talk.secure()
    }
    const isIn = good.test(lastLine)
    if (isIn) talk.leave(leave)
    return { isIn, lastLine: printable(lastLine) }
  } finally {
    talk.end()
  }
}

/** One reply after each command. */
class Talk {
  #socket: Socket
  readonly #end: RegExp
  readonly #signal: AbortSignal
  readonly #buffer = new LineBuffer(limits)
  #isEnded = false
  #wake: () => void = () => {}

  constructor(socket: Socket, end: RegExp, signal: AbortSignal) {
    this.#socket = socket
    this.#end = end
    this.#signal = signal
    signal.addEventListener('abort', () => this.#wake())
    this.#listen()
  }

  say(command: string): Promise<string> {
    this.#buffer.startReply()
    this.#socket.write(`${command}\r\n`)
    return this.hear()
  }

  /** The last line of the next reply. @throws where there is none */
  async hear(): Promise<string> {
    for (;;) {
      const line = this.#buffer.takeLine()
      if (line === undefined) await this.#more()
      else if (this.#end.test(line)) return line
    }
  }

  async secure(): Promise<void> {
    if (this.#buffer.length > 0) throw closed()
    for (const event of ['data', 'end', 'close']) this.#socket.removeAllListeners(event)
    this.#socket = await secureBridge(this.#socket, this.#signal)
    this.#listen()
  }

  leave(command: string): void {
    this.#socket.end(`${command}\r\n`)
  }

  end(): void {
    this.#socket.destroySoon()
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#buffer.push(chunk)
      this.#wake()
    })
    for (const event of ['end', 'close'] as const) {
      this.#socket.on(event, () => {
        this.#isEnded = true
        this.#wake()
      })
    }
  }

  /** Resolves when something has come. @throws where nothing comes any more, or not in time */
  async #more(): Promise<void> {
    const signal = this.#signal
    if (this.#isEnded) throw closed()
    signal.throwIfAborted()
    await new Promise<void>((resolve) => (this.#wake = resolve))
    signal.throwIfAborted()
  }
}

function closed(): NodeJS.ErrnoException {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })
}
