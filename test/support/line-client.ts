import { connect, type NetConnectOpts, Socket } from 'node:net'

/** A client of a line protocol, as a test writes it: sends bytes, waits for text. */
export class LineClient {
  readonly socket: Socket
  /** All that has come and was not waited for. */
  received = ''
  isEnded = false
  #wake: () => void = () => {}

  /** @param to where, or what is connected already */
  constructor(to: NetConnectOpts | Socket) {
    this.socket = to instanceof Socket ? to : connect({ ...to, allowHalfOpen: true })
    this.socket.setEncoding('latin1')
    this.socket.on('data', (text: string) => {
      this.received += text
      this.#wake()
    })
    const ended = () => {
      this.isEnded = true
      this.#wake()
    }
    for (const event of ['end', 'close', 'error']) this.socket.on(event, ended)
  }

  /** Sends it, and resolves with what comes up to a whole match. @throws where the other side ends before */
  async say(text: string, until: RegExp = /^\d{3}(?: .*)?\r\n/m): Promise<string> {
    if (text !== '') this.socket.write(text, 'latin1')
    for (;;) {
      const match = until.exec(this.received)
      if (match !== null) {
        const end = match.index + match[0].length
        const said = this.received.slice(0, end)
        this.received = this.received.slice(end)
        return said
      }
      if (this.isEnded) throw new Error(`it ended after: ${JSON.stringify(this.received)}`)
      await this.#more()
    }
  }

  /** All that comes until the other side ends. */
  async rest(): Promise<string> {
    while (!this.isEnded) await this.#more()
    return this.received
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}
