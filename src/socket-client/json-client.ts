import { type IncomingMessage, request } from 'node:http'
import { parseJson } from '../shapes/parse-json.ts'
import { openConnection } from './open-connection.ts'

/** What is asked over a UNIX socket. */
export interface SocketRequest {
  method: string
  /** With the query, if there is one. */
  path: string
  body?: string | Uint8Array | undefined
  /** Aborted: there is no answer, of which `noAnswer` makes an error. */
  signal?: AbortSignal | undefined
}

/** Ten thousand accounts take a tenth of it; Node ends a program with a string of half a GiB. */
const mostCharacters = 128 * 1024 * 1024

/** Whoever asks has words of its own for what came instead of an answer. */
export interface SocketFaults {
  /** Nobody answered, or not to the end: an error of the socket or of the HTTP parser, or an aborted signal. */
  noAnswer: (error: NodeJS.ErrnoException) => Error
  /** The answer is not a JSON object, or has no end. */
  notJson: () => Error
  /** The answer is a refusal: an object with a status of 400 or above. */
  refusal: (answer: object) => Error
}

/** HTTP with JSON over a UNIX socket, from the side that asks: a connection for each request. */
export class JsonClient {
  readonly #socketPath: string
  readonly #faults: SocketFaults

  constructor(socketPath: string, faults: SocketFaults) {
    this.#socketPath = socketPath
    this.#faults = faults
  }

  /** The answer. @throws what `faults` make of anything else */
  async fetch(request: SocketRequest): Promise<object> {
    return this.#parse(await this.#textOf(await this.#send(request)))
  }

  /** Each whole line of an answer, as it comes. @throws what `faults` make of anything else */
  async *stream(request: SocketRequest): AsyncIterable<object> {
    let rest = ''
    for await (const chunk of this.#chunksOf(await this.#send(request))) {
      const [end = '', ...others] = chunk.split('\n')
      rest = this.#joined(rest, end)
      for (const next of others) {
        yield this.#parse(rest)
        rest = next
      }
    }
  }

  async #send({ method, path, body, signal }: SocketRequest): Promise<IncomingMessage> {
    const socket = await openConnection(this.#socketPath, { signal }).catch((error: Error) => {
      throw this.#faults.noAnswer(error)
    })
    const options = { createConnection: () => socket, method, path, signal }
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(options, resolve)
      const fail = (error: Error) => reject(this.#faults.noAnswer(error))
      sent.once('error', fail)
      // Node emits nothing more where the other side changes to another protocol (101).
      sent.once('close', () => fail(Object.assign(new Error('no answer'), { code: 'ECONNRESET' })))
      sent.end(body)
    })
    if ((response.statusCode ?? 500) < 400) return response
    throw this.#faults.refusal(this.#parse(await this.#textOf(response)))
  }

  async #textOf(response: IncomingMessage): Promise<string> {
    let text = ''
    for await (const chunk of this.#chunksOf(response)) text = this.#joined(text, chunk)
    return text
  }

  /** @throws what `faults` make of an answer without end */
  #joined(text: string, chunk: string): string {
    if (text.length + chunk.length > mostCharacters) throw this.#faults.notJson()
    return text + chunk
  }

  async *#chunksOf(response: IncomingMessage): AsyncIterable<string> {
    try {
      yield* response.setEncoding('utf8') as AsyncIterable<string>
    } catch (error) {
      throw this.#faults.noAnswer(error as NodeJS.ErrnoException)
    }
  }

  #parse(text: string): object {
    const value = parseJson(text)
    if (typeof value === 'object' && value !== null) return value
    throw this.#faults.notJson()
  }
}
