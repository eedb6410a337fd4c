import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { MailLoginRefusedError, ProviderUnavailableError } from '../errors.ts'

/** Where a login is tried. */
export interface MailServer {
  host: string
  port: number
  /** TLS from the first byte, instead of after STARTTLS. */
  isImplicitTls: boolean
}

interface DialogueOptions {
  server: MailServer
  /** Authorities, PEM; undefined: Node's own. */
  ca: string[] | undefined
  /** Takes each line of the conversation, credentials masked. */
  print: (line: string) => void
  limitMs?: number
}

const defaultLimitMs = 30_000
const lineLimitBytes = 64 * 1024

/**
 * A conversation in lines with a mail server, over one socket that becomes a verified TLS one before
 * anything secret is said. All that is sent and received goes through one transcript.
 */
export class Dialogue {
  readonly #options: DialogueOptions
  #socket: Socket
  #received = ''
  #isVerified: boolean

  private constructor(options: DialogueOptions, socket: Socket) {
    this.#options = options
    this.#socket = socket
    this.#isVerified = options.server.isImplicitTls
    this.#listen()
  }

  /** Connects, with TLS from the start where the server wants it. @throws CmsOauthError */
  static async open(options: DialogueOptions): Promise<Dialogue> {
    const { server, print } = options
    const { host, port, isImplicitTls } = server
    print(`connect: ${host}:${port}${isImplicitTls ? ' with TLS' : ''}`)
    const socket = isImplicitTls
      ? await secure(options)
      : await established(connectPlain({ host, port }), 'connect', options)
    return new Dialogue(options, socket)
  }

  /** The next line without its CRLF. @throws CmsOauthError where none comes in time */
  async readLine(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf('\n')
      if (end !== -1) {
        const line = this.#received.slice(0, end).replace(/\r$/, '')
        this.#received = this.#received.slice(end + 1)
        this.#options.print(`reply: ${line}`)
        return line
      }
      if (this.#received.length > lineLimitBytes) throw broken(this.#options, 'a line has no end')
      await this.#waitForMore()
    }
  }

  /** Sends a line that anybody may read. */
  send(line: string): void {
    this.#options.print(`send: ${line}`)
    this.#socket.write(`${line}\r\n`)
  }

  /** Sends a credential, over verified TLS only; the transcript shows its length alone. */
  sendSecret(line: string): void {
    if (!this.#isVerified) throw broken(this.#options, 'the connection is not protected by TLS')
    this.#options.print(`send: [${line.length} characters, not shown]`)
    this.#socket.write(`${line}\r\n`)
  }

  /**
   * Turns the connection into a verified TLS one, after the server agreed to it.
   * @throws MailLoginRefusedError where anything was said before the handshake, or the certificate
   * does not hold
   */
  async startTls(): Promise<void> {
    if (this.#received !== '') {
      throw broken(
        this.#options,
        'it sent more than its consent before TLS: somebody may be injecting',
      )
    }
    this.#socket.removeAllListeners()
    this.#socket = await secure(this.#options, this.#socket)
    this.#isVerified = true
    this.#received = ''
    this.#listen()
  }

  /** Ends the connection. */
  close(): void {
    this.#socket.destroy()
  }

  #listen(): void {
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text: string) => {
      this.#received += text
    })
    // Who waits for a line learns of it; nobody else needs to.
    this.#socket.on('error', () => {})
  }

  async #waitForMore(): Promise<void> {
    const { limitMs = defaultLimitMs } = this.#options
    const signal = AbortSignal.timeout(limitMs)
    if (this.#socket.readableEnded || this.#socket.destroyed) {
      throw broken(this.#options, 'it ended the connection')
    }
    try {
      await Promise.race([
        once(this.#socket, 'data', { signal }),
        once(this.#socket, 'end', { signal }),
        once(this.#socket, 'close', { signal }),
      ])
    } catch (error) {
      throw unreachable(this.#options, error)
    }
  }
}

/** TLS with everything checked: names, authorities, age, and a version that is still sound. */
function secure(options: DialogueOptions, socket?: Socket): Promise<Socket> {
  const { host, port } = options.server
  const { ca } = options
  const tls = connectTls({
    ...(socket === undefined ? { host, port } : { socket }),
    host,
    servername: /^[\d.]+$|:/.test(host) ? '' : host,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
  })
  return established(tls, 'secureConnect', options)
}

async function established<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  options: DialogueOptions,
): Promise<S> {
  try {
    await once(socket, event, { signal: AbortSignal.timeout(options.limitMs ?? defaultLimitMs) })
    return socket
  } catch (error) {
    socket.destroy()
    throw unreachable(options, error)
  }
}

function unreachable({ server }: DialogueOptions, error: unknown): Error {
  const { code, name, message } = error as NodeJS.ErrnoException
  const where = `"${server.host}:${server.port}"`
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code ?? '')) {
    return new MailLoginRefusedError(`the certificate of ${where} does not hold: ${code}`, {
      hint: certificateHint(code ?? ''),
      cause: error,
    })
  }
  if (/SSL|EPROTO|TLS/.test(code ?? '')) {
    return new MailLoginRefusedError(`there is no TLS 1.2 with ${where}: ${code}`, {
      hint: 'the port may speak another protocol (587 starts in plain text, 465 with TLS), or the server is too old to be trusted',
      cause: error,
    })
  }
  const reason =
    name === 'AbortError' || name === 'TimeoutError' ? 'no answer in time' : (code ?? message)
  return new ProviderUnavailableError(`${where} cannot be reached: ${reason}`, {
    hint: 'compare host and port with what your provider publishes; a firewall may be in between',
    cause: error,
  })
}

function certificateHint(code: string): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'name the server as its certificate does'
  if (code === 'CERT_HAS_EXPIRED') return 'the server must renew it; nothing was sent'
  return 'a company authority is named with NODE_EXTRA_CA_CERTS; otherwise somebody may be in between: nothing was sent'
}

function broken({ server }: DialogueOptions, what: string): MailLoginRefusedError {
  return new MailLoginRefusedError(`"${server.host}:${server.port}" broke off: ${what}`, {
    hint: 'nothing secret was sent after that; try another network if this stays',
  })
}
