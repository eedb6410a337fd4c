/**
 * An IMAP server with TLS from the first byte that lets anybody in: `SEND n` sends so many bytes,
 * `TAKE n` takes them; `UID FETCH n BODY[]` and `APPEND ... {n}` are the same for a mail program. Tells its port by IPC.
 */
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'

const { KEY: key, CERT: cert } = process.env
const piece = Buffer.alloc(64 * 1024)

class Conversation {
  readonly #socket: TLSSocket
  #text = ''
  /** So many bytes are taken before the next line. */
  #due = 0
  /** Whose bytes those are. */
  #dueTag = ''
  #waiting = ''

  constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.write('* OK ready\r\n')
  }

  #receive(chunk: Buffer): void {
    if (this.#due === 0) this.#text += chunk.toString('latin1')
    else this.#take(chunk.length)
    for (let end; this.#due === 0 && (end = this.#text.indexOf('\r\n')) !== -1;) {
      const line = this.#text.slice(0, end)
      this.#text = this.#text.slice(end + 2)
      this.#run(line)
    }
  }

  #run(line: string): void {
    const [tag = '', name = '', count = '', last = ''] = line.split(' ')
    if (this.#waiting !== '') {
      this.#ok(this.#waiting)
      this.#waiting = ''
      return
    }
    switch (name) {
      case 'CAPABILITY':
        this.#socket.write('* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n')
        return this.#ok(tag)
      case 'AUTHENTICATE':
        this.#waiting = tag
        return void this.#socket.write('+ \r\n')
      case 'SEND':
        return this.#send(Number(count))
      case 'UID':
        this.#socket.write(`* 1 FETCH (UID ${last} BODY[] {${last}}\r\n`)
        return this.#send(Number(last), () => {
          this.#socket.write(')\r\n')
          this.#ok(tag)
        })
      case 'TAKE':
        return this.#expect(tag, Number(count))
      case 'APPEND':
        this.#socket.write('+ go on\r\n')
        return this.#expect(tag, Number(/\{(\d+)\}$/.exec(line)?.[1]) + '\r\n'.length)
      default:
        return this.#ok(tag)
    }
  }

  /** So many bytes, as fast as they are taken: a write of 25 MiB at once took curl 50 ms, or 100. */
  #send(count: number, onSent = () => {}): void {
    for (let left = count; left > 0;) {
      const bytes = piece.subarray(0, Math.min(left, piece.length))
      left -= bytes.length
      if (this.#socket.write(bytes) || left === 0) continue
      this.#socket.once('drain', () => this.#send(left, onSent))
      return
    }
    onSent()
  }

  /** So many bytes, of which some may have come. */
  #expect(tag: string, count: number): void {
    this.#due = count
    this.#dueTag = tag
    const { length } = this.#text
    this.#text = ''
    this.#take(length)
  }

  #take(count: number): void {
    this.#due -= count
    if (this.#due === 0) this.#ok(this.#dueTag)
  }

  #ok(tag: string): void {
    this.#socket.write(`${tag} OK [CAPABILITY X]\r\n`)
  }
}

const server = createServer({ key, cert, noDelay: true }, (socket) => new Conversation(socket))
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
