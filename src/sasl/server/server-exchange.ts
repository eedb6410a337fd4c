import { isUtf8 } from 'node:buffer'
import {
  type Claim,
  type Exchange,
  MalformedResponseError,
  type MechanismContext,
} from './exchange.ts'
import { serverMechanisms } from './mechanisms.ts'

/** What comes of a line of the client: base64 to send, the end of the exchange, or why it is over. */
export type ExchangeStep =
  { challenge: string } | { claim: Claim } | { refused: 'unknown' | 'cancelled' | 'malformed' }

/** The server's side of AUTH (RFC 4954), AUTHENTICATE (RFC 9051) and AUTH of POP (RFC 5034), pure. */
export class ServerExchange {
  readonly #context: MechanismContext
  #exchange: Exchange | undefined

  constructor(context: MechanismContext) {
    this.#context = context
  }

  /** Begins with a mechanism, in any case of letters, and its initial response where there is one. */
  start(mechanism: string, initialResponse?: string): ExchangeStep {
    const name = mechanism.toUpperCase()
    const begin = Object.hasOwn(serverMechanisms, name) ? serverMechanisms[name] : undefined
    if (begin === undefined) return { refused: 'unknown' }
    this.#exchange = begin(this.#context)
    const first = this.#exchange.next()
    // "=" is an initial response that is there, and empty.
    if (initialResponse !== undefined) {
      return this.receive(initialResponse === '=' ? '' : initialResponse)
    }
    return this.#asStep(first)
  }

  /** Goes on with a line of the client; blanks at its end are no part of it (RFC 5321 section 4.1.1). */
  receive(received: string): ExchangeStep {
    const line = received.replace(/[ \t]{1,8}$/, '')
    if (line === '*') return { refused: 'cancelled' }
    const response = decode(line)
    if (response === undefined || this.#exchange === undefined) return { refused: 'malformed' }
    try {
      return this.#asStep(this.#exchange.next(response))
    } catch (error) {
      if (!(error instanceof MalformedResponseError)) throw error
      this.#exchange = undefined
      return { refused: 'malformed' }
    }
  }

  #asStep({ done, value }: IteratorResult<string, Claim>): ExchangeStep {
    if (done !== true) return { challenge: Buffer.from(value).toString('base64') }
    this.#exchange = undefined
    return { claim: value }
  }
}

/**
 * The text of a response. What is not UTF-8 has one character a byte: an old program's password in another
 * charset is a wrong password, and good enough where any will do.
 */
function decode(line: string): string | undefined {
  if (line.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(line)) return undefined
  const bytes = Buffer.from(line, 'base64')
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
}
