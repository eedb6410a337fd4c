import { MailLoginRefusedError } from '../errors.ts'
import type { Credential } from '../sasl/output-format.ts'
import { challengeAnswer, decodeChallenge } from '../sasl/token-mechanism.ts'
import type { HandedOver } from './connection/connection.ts'
import { dotStuffed } from './dot-stuffed.ts'
import { greetingName } from './greeting-name.ts'
import { otherProtocol } from './other-protocol.ts'
import { type Refused, type RefusalScope, refusalScope } from './refusal.ts'
import type { Stage } from '../provider-facts/refusals/refusal-row.ts'
import {
  type LoginReply,
  type MailSession,
  maskedRefusal,
  maskedReply,
  requireMechanism,
  sendInitialResponse,
  type SessionOptions,
} from './session.ts'

/** A reply of one or more lines (RFC 5321 section 4.2). */
export interface SmtpReply {
  code: string
  /** Without the code, one character a byte. */
  lines: string[]
}

/** Why a server does not take a message. */
export interface MailRefusal extends RefusalScope {
  error: ReturnType<typeof maskedRefusal>
}

const challengeCode = '334'
const lineLimit = 100

/** A submission server (RFC 6409), up to the login and beyond. */
export class SmtpSession implements MailSession {
  readonly #options: SessionOptions
  /** The keywords of EHLO with their parameters. */
  capabilities: readonly string[] = []

  constructor(options: SessionOptions) {
    this.#options = options
  }

  async begin(): Promise<void> {
    const { connection } = this.#options
    this.#require('220', await this.#readReply(), 'greeting')
    await this.#greet()
    if (connection.isSecure) return
    requireStartTls(this.capabilities)
    this.#require('220', await this.command('STARTTLS'), 'tls')
    await connection.startTls()
    await this.#greet()
  }

  /**
   * Logs in (RFC 4954) in two steps: a token is too long for the initial response of some. Returns the
   * accepting reply.
   */
  async logIn(credential: Credential): Promise<LoginReply> {
    const { mask } = this.#options
    const mechanism = requireMechanism(this.#options, mechanismsIn(this.capabilities))
    this.#require(challengeCode, await this.command(`AUTH ${mechanism}`), 'login')
    sendInitialResponse(this.#options, mechanism, credential)
    let reply = await this.#readReply()
    let challenge: string | undefined
    if (reply.code === challengeCode) {
      challenge = mask.apply(decodeChallenge(reply.lines.join('')))
      reply = await this.command(challengeAnswer(mechanism))
    }
    const decoded = challenge === undefined ? {} : { challenge }
    const { code, lines } = reply
    if (code === '235') {
      return maskedReply(this.#options, { code, text: lines.join('\n'), ...decoded })
    }
    throw this.#refusal(reply, 'login', { ...decoded, isVerdict: code.startsWith('5') })
  }

  /**
   * Sends a command and reads its reply, whatever that says; `limitMs`: it has a limit of its own.
   * @throws CmsOauthError where none comes
   */
  command(line: string, limitMs?: number): Promise<SmtpReply> {
    const { connection } = this.#options
    if (limitMs !== undefined) connection.allow(limitMs)
    connection.send(line)
    return this.#readReply()
  }

  /**
   * Sends a message (RFC 5321 section 4.1.1.4), whose lines end with CRLF, after the server agreed to
   * DATA, and reads its verdict, within a limit of its own. @throws CmsOauthError where none comes
   */
  sendMessage(message: Buffer, limitMs: number): Promise<SmtpReply> {
    this.#options.connection.allow(limitMs)
    this.#options.connection.sendMessage(dotStuffed(message))
    return this.#readReply()
  }

  handOver(): HandedOver {
    return this.#options.connection.handOver()
  }

  close(): void {
    this.#options.connection.close('QUIT')
  }

  /** The capabilities of EHLO (RFC 5321 section 4.1.1.1), without the server's name. */
  async #greet(): Promise<void> {
    const reply = await this.command(`EHLO ${greetingName()}`)
    this.#require('250', reply, 'greeting')
    this.capabilities = reply.lines.slice(1)
  }

  async #readReply(): Promise<SmtpReply> {
    const { connection } = this.#options
    connection.startReply()
    const lines: string[] = []
    let first: string | undefined
    for (;;) {
      const line = await connection.readLine()
      const [, code = '', separator = '', text = ''] =
        /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? []
      if (code === '') throw otherProtocol('SMTP', line)
      first ??= code
      if (code !== first) throw connection.broken('the lines of one reply have different codes')
      lines.push(text)
      if (separator !== '-') return { code, lines }
      if (lines.length > lineLimit) {
        throw this.#refusal({ code, lines: ['an endless reply'] }, 'login')
      }
    }
  }

  #require(wanted: string, reply: SmtpReply, stage: Stage): void {
    if (reply.code !== wanted) throw this.#refusal(reply, stage)
  }

  /** What is refused after the login, and what that is about. */
  refusalOf(command: string, reply: SmtpReply): MailRefusal {
    const { code, lines } = reply
    const said = { protocol: 'SMTP', stage: 'mail', code, text: lines.join('\n') } as const
    const scope = refusalScope(said, this.#options.facts)
    return { error: this.#refusal(reply, 'mail', { command }), ...scope }
  }

  #refusal(
    { code, lines }: SmtpReply,
    stage: Stage,
    more: Partial<Refused> = {},
  ): MailRefusal['error'] {
    const text = lines.join('\n')
    return maskedRefusal(this.#options, { protocol: 'SMTP', stage, code, text, ...more })
  }
}

function mechanismsIn(capabilities: readonly string[]): string[] {
  return capabilities
    .filter((line) => /^AUTH[ =]/i.test(line))
    .flatMap((line) => line.toUpperCase().split(/[ =]/).slice(1))
}

function requireStartTls(capabilities: readonly string[]): void {
  if (capabilities.some((line) => line.trim().toUpperCase() === 'STARTTLS')) return
  throw new MailLoginRefusedError('the server does not offer STARTTLS: the token was not sent', {
    hint: 'use port 587 of the submission server, or HOST:465, which starts with TLS',
  })
}
