import type { Credential } from '../sasl/output-format.ts'
import { challengeAnswer, decodeChallenge } from '../sasl/token-mechanism.ts'
import type { HandedOver } from './connection/connection.ts'
import { otherProtocol } from './other-protocol.ts'
import type { Refused } from './refusal.ts'
import {
  type LoginReply,
  type MailSession,
  maskedRefusal,
  maskedReply,
  requireMechanism,
  sendInitialResponse,
  type SessionOptions,
} from './session.ts'

/** What a line answers. */
type Where = Pick<Refused, 'stage' | 'command' | 'challenge' | 'isVerdict'>

const capabilityLimit = 100

/** A POP server (RFC 1939), up to the login and beyond. */
export class PopSession implements MailSession {
  readonly #options: SessionOptions
  capabilities: readonly string[] = []

  constructor(options: SessionOptions) {
    this.#options = options
  }

  async begin(): Promise<void> {
    const { connection } = this.#options
    const greeting = await this.#readLine()
    if (!/^(?:\+OK|-ERR)\b/.test(greeting)) throw otherProtocol('POP', greeting)
    this.#requireOk(greeting, { stage: 'greeting', command: '' })
    if (!connection.isSecure) {
      this.#requireOk(await this.#command('STLS'), { stage: 'tls', command: 'STLS' })
      await connection.startTls()
    }
    this.capabilities = await this.#readCapabilities()
  }

  /** Logs in (RFC 5034) in two steps. Returns the accepting reply. */
  async logIn(credential: Credential): Promise<LoginReply> {
    const { mask } = this.#options
    const mechanism = requireMechanism(this.#options, mechanismsIn(this.capabilities))
    const command = `AUTH ${mechanism}`
    const invitation = await this.#command(command)
    if (!/^\+(?: |$)/.test(invitation)) throw this.#refusal(invitation, { stage: 'login', command })
    sendInitialResponse(this.#options, mechanism, credential)
    let line = await this.#readLine()
    let decoded: { challenge?: string } = {}
    if (line.startsWith('+') && !line.startsWith('+OK')) {
      decoded = { challenge: mask.apply(decodeChallenge(line.slice(1).trim())) }
      line = await this.#command(challengeAnswer(mechanism))
    }
    const isVerdict = line.startsWith('-ERR')
    this.#requireOk(line, { stage: 'login', command: 'AUTH', ...decoded, isVerdict })
    return maskedReply(this.#options, { code: '+OK', text: line.slice(3).trim(), ...decoded })
  }

  handOver(): HandedOver {
    return this.#options.connection.handOver()
  }

  close(): void {
    this.#options.connection.close('QUIT')
  }

  /** The list that CAPA answers (RFC 2449 section 5). */
  async #readCapabilities(): Promise<string[]> {
    const where = { stage: 'login', command: 'CAPA' } as const
    this.#requireOk(await this.#command('CAPA'), where)
    const capabilities: string[] = []
    while (capabilities.length < capabilityLimit) {
      const line = await this.#options.connection.readLine()
      if (line === '.') return capabilities
      capabilities.push(line)
    }
    throw this.#refusal('-ERR an endless list', where)
  }

  #command(line: string): Promise<string> {
    this.#options.connection.send(line)
    return this.#readLine()
  }

  /** The first line of an answer. */
  #readLine(): Promise<string> {
    const { connection } = this.#options
    connection.startReply()
    return connection.readLine()
  }

  #requireOk(line: string, where: Where): void {
    if (!/^\+OK\b/.test(line)) throw this.#refusal(line, where)
  }

  #refusal(line: string, where: Where): Error {
    const [code = '', ...words] = line.split(' ')
    return maskedRefusal(this.#options, { protocol: 'POP', ...where, code, text: words.join(' ') })
  }
}

/** The words after SASL (RFC 2449 section 6.3). */
function mechanismsIn(capabilities: readonly string[]): string[] {
  return capabilities
    .map((line) => line.toUpperCase().split(' '))
    .filter(([name]) => name === 'SASL')
    .flatMap(([, ...words]) => words)
}
