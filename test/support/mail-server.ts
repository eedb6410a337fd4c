import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type SecureVersion, TLSSocket } from 'node:tls'

/** What a scripted mail server does next. */
export type MailStep =
  /** Sends these bytes (latin1) as they are. */
  | { say: string }
  /** Sends them one by one, each in a packet of its own. */
  | { trickle: string }
  /** Waits for a line, which must fit. */
  | { hear: RegExp }
  /** Waits for bytes of whatever kind, like those of a handshake. */
  | { hearAnything: true }
  /** Goes on with TLS. */
  | { tls: true }
  | { reset: true }
  | { end: true }
  /** Says it again and again until nobody listens. */
  | { forever: string }
  /** The script has come so far, and goes on when that is done. */
  | { reach: () => void | Promise<void> }

/** A mail server on loopback that follows a script, once per connection. */
export interface ScriptedMailServer {
  port: number
  /** All bytes that came, before and inside of TLS, one character a byte. */
  received(): string
  /** What came that the script did not expect. */
  surprises: string[]
  /** Ends once the client has closed every connection. */
  left(): Promise<void>
  close(): Promise<void>
}

type Script = readonly MailStep[]

interface ScriptedMailServerOptions {
  /** A function: by how many connections came before. */
  steps: Script | ((before: number) => Script)
  certificates: { key: string; cert: string }
  /** TLS from the first byte. */
  isImplicitTls?: boolean
  host?: string
  maxVersion?: SecureVersion
}

/** Starts it on a free port; after its last step a connection stays open and silent. */
export async function startScriptedMailServer(
  options: ScriptedMailServerOptions,
): Promise<ScriptedMailServer> {
  const sockets = new Set<Socket>()
  const surprises: string[] = []
  const { steps } = options
  let received = ''
  const record = (text: string) => {
    received += text
  }
  const server = createServer((socket) => {
    const script = typeof steps === 'function' ? steps(sockets.size) : steps
    sockets.add(socket)
    socket.on('error', () => {})
    void new Performance(options, socket, record, surprises).play(script).catch(() => {})
  })
  server.listen(0, options.host ?? '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    received: () => received,
    surprises,
    left: async () => {
      while ((await connectionsOf(server)) > 0) await new Promise((done) => setTimeout(done, 5))
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

/** One connection's way through the script. */
class Performance {
  readonly #options: ScriptedMailServerOptions
  readonly #record: (text: string) => void
  readonly #surprises: string[]
  /** The one below TLS. */
  readonly #plain: Socket
  #socket: Socket
  #unread = ''
  #wake: () => void = () => {}

  constructor(
    options: ScriptedMailServerOptions,
    socket: Socket,
    record: (text: string) => void,
    surprises: string[],
  ) {
    this.#options = options
    this.#record = record
    this.#surprises = surprises
    this.#plain = socket
    this.#socket = socket
    if (options.isImplicitTls === true) this.#secure()
    else this.#listen()
  }

  async play(script: Script): Promise<void> {
    for (const step of script) {
      if ('say' in step) this.#socket.write(step.say, 'latin1')
      else if ('trickle' in step) await this.#trickle(step.trickle)
      else if ('reach' in step) await step.reach()
      else if ('hear' in step) await this.#hear(step.hear)
      else if ('hearAnything' in step) await this.#hearAnything()
      else if ('tls' in step) this.#secure()
      else if ('reset' in step) this.#plain.resetAndDestroy()
      else if ('end' in step) this.#socket.end()
      else await this.#repeat(step.forever)
    }
  }

  async #hear(expected: RegExp): Promise<void> {
    while (!this.#unread.includes('\r\n')) await this.#woken()
    const [line = ''] = this.#unread.split('\r\n')
    this.#unread = this.#unread.slice(line.length + 2)
    if (!expected.test(line)) this.#surprises.push(line)
  }

  async #hearAnything(): Promise<void> {
    while (this.#unread === '') await this.#woken()
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  async #trickle(text: string): Promise<void> {
    this.#socket.setNoDelay()
    for (const byte of Buffer.from(text, 'latin1')) {
      await new Promise((resolve) => this.#socket.write(Uint8Array.of(byte), resolve))
    }
  }

  async #repeat(text: string): Promise<void> {
    while (this.#socket.writable) {
      this.#socket.write(text, 'latin1')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #secure(): void {
    const { certificates, maxVersion } = this.#options
    this.#socket.removeAllListeners('data')
    const options = { isServer: true, ...certificates }
    this.#socket =
      maxVersion === undefined
        ? new TLSSocket(this.#socket, options)
        : new TLSSocket(withoutEnd(this.#socket), {
            ...options,
            minVersion: 'TLSv1',
            maxVersion,
            ciphers: 'ALL:@SECLEVEL=0',
          })
    this.#socket.on('error', () => {})
    this.#listen()
  }

  #listen(): void {
    this.#socket.setEncoding('latin1').on('data', (text: string) => {
      this.#record(text)
      this.#unread += text
      this.#wake()
    })
  }
}

/** The socket's bytes without its end: a handshake that failed must not take its alert with it. */
function withoutEnd(socket: Socket): Duplex {
  const bytes = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => socket.write(chunk, done),
  })
  socket.on('data', (chunk) => bytes.push(Buffer.from(chunk as never, 'latin1')))
  return bytes
}
