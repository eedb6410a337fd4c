import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { connect, type TLSSocket } from 'node:tls'
import type { Protocol } from '../../src/sasl/output-format.ts'

interface RawLogin {
  protocol: Protocol
  /** TLS from the first byte. */
  port: number
  ca: string
  mechanism: 'XOAUTH2' | 'OAUTHBEARER'
  /** What goes over the wire as the client's message, whatever it is. */
  response: string
}

/** How each protocol asks, and what its verdict looks like. */
const dialects: Record<Protocol, { command: string; continues: RegExp; verdict: RegExp }> = {
  SMTP: { command: 'AUTH', continues: /^334 ?/, verdict: /^[25]\d\d / },
  IMAP: { command: 'a1 AUTHENTICATE', continues: /^\+ ?/, verdict: /^a1 / },
  POP: { command: 'AUTH', continues: /^\+(?!OK) ?/, verdict: /^(?:\+OK|-ERR)/ },
}

/** Logs in with exactly these bytes, which no mail program would let a test choose. */
export async function loginRaw(login: RawLogin): Promise<{ verdict: string; challenge?: string }> {
  const { protocol, port, ca, mechanism, response } = login
  const { command, continues, verdict } = dialects[protocol]
  const socket = connect({ host: 'localhost', port, ca })
  await once(socket, 'secureConnect')
  try {
    const lines = new Lines(createInterface({ input: socket }), socket)
    await lines.next()
    if (protocol === 'SMTP') await lines.send('EHLO localhost', /^250 /)
    await lines.send(`${command} ${mechanism}`, continues)
    const answer = await lines.send(response, /^/)
    if (!continues.test(answer)) return { verdict: answer }
    const challenge = Buffer.from(answer.replace(continues, ''), 'base64').toString()
    const end = mechanism === 'XOAUTH2' ? '' : 'AQ=='
    return { verdict: await lines.send(end, verdict), challenge }
  } finally {
    socket.destroy()
  }
}

/** A line at a time, to and fro. */
class Lines {
  readonly #lines: AsyncIterator<string>
  readonly #socket: TLSSocket

  constructor(lines: Interface, socket: TLSSocket) {
    this.#lines = lines[Symbol.asyncIterator]()
    this.#socket = socket
  }

  async next(): Promise<string> {
    const { done, value } = await this.#lines.next()
    if (done === true) throw new Error('the server hung up')
    return value
  }

  /** Resolves with the first line that fits. */
  async send(line: string, wanted: RegExp): Promise<string> {
    this.#socket.write(`${line}\r\n`)
    for (;;) {
      const answer = await this.next()
      if (wanted.test(answer)) return answer
    }
  }
}
