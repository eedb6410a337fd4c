import type { Credential } from '../sasl/output-format.ts'
import { challengeAnswer, decodeChallenge } from '../sasl/token-mechanism.ts'
import type { HandedOver } from './connection/connection.ts'
import { type ImapResponse, readImapResponse } from './imap-response.ts'
import { isImapTag } from './imap-tag.ts'
import { otherProtocol } from './other-protocol.ts'
import type { Refused } from './refusal.ts'
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

/** The answer to a command. */
interface Answer {
  status: string
  text: string
  /** Untagged, without their literals. */
  untagged: string[]
  /** All of it as it came, untagged responses and the tagged one. */
  verbatim: string
}

/** What an IMAP server says to a login. */
export interface ImapLoginReply extends LoginReply {
  /**
   * The untagged responses and the tagged OK as they came, with CRLF, one character a byte: what a
   * client whose tag this is may be sent.
   */
  verbatim: string
}

/** Answers the text of a continuation request (RFC 9051 section 7.6). */
type Continue = (text: string) => void

const untaggedLimit = 1_000
/** More of what is meant for a person is not kept. */
const alertLimit = 3

/** An IMAP server (RFC 9051), up to the login and beyond. */
export class ImapSession implements MailSession {
  readonly #options: SessionOptions
  #count = 0
  #stage: Stage = 'greeting'
  readonly #alerts: string[] = []
  capabilities: readonly string[] = []

  constructor(options: SessionOptions) {
    this.#options = options
  }

  async begin(): Promise<void> {
    const { connection } = this.#options
    connection.startReply()
    await this.#greeting()
    if (!connection.isSecure) {
      await this.#command('STARTTLS', 'tls')
      await connection.startTls()
      // In plain text anybody on the way may have said them.
      this.#alerts.length = 0
    }
    await this.readCapabilities()
  }

  /** Asks for what the server offers: after the login it may be another list. @throws CmsOauthError */
  async readCapabilities(): Promise<void> {
    const { untagged, text } = await this.#command('CAPABILITY', 'login')
    const lists = untagged
      .filter((line) => /^\* CAPABILITY /i.test(line))
      .map((line) => line.slice(2))
    // Some servers say it only as the code of their answer (section 7.1).
    if (lists.length === 0) lists.push(/^\[(CAPABILITY [^\]]*)\]/i.exec(text)?.[1] ?? '')
    this.capabilities = lists
      .flatMap((list) => list.split(' ').slice(1))
      .filter((word) => word !== '')
  }

  /**
   * Logs in in two steps (section 6.2.2).
   * @param tag of the command; absent: one of its own
   * @throws TypeError where it is not a tag
   */
  async logIn(credential: Credential, tag = this.#nextTag()): Promise<ImapLoginReply> {
    if (!isImapTag(tag)) throw new TypeError('the tag of a command is not one')
    const { connection, mask } = this.#options
    const words = this.capabilities.map((word) => word.toUpperCase())
    const mechanism = requireMechanism(
      this.#options,
      words.filter((word) => word.startsWith('AUTH=')).map((word) => word.slice(5)),
    )
    let isSent = false
    let challenge: string | undefined
    const answer = await this.#run(tag, `AUTHENTICATE ${mechanism}`, [
      () => {
        isSent = true
        sendInitialResponse(this.#options, mechanism, credential)
      },
      (text) => {
        challenge = mask.apply(decodeChallenge(text))
        connection.send(challengeAnswer(mechanism))
      },
    ])
    const { status: code, text } = answer
    const decoded = challenge === undefined ? {} : { challenge }
    if (code !== 'OK' || !isSent) {
      throw this.#refusal({ command: 'AUTHENTICATE', code, text, ...decoded, isVerdict: isSent })
    }
    const verbatim = mask.apply(answer.verbatim)
    return maskedReply(this.#options, { code, text, ...decoded, verbatim })
  }

  /** Opens a mailbox: a server may accept the token of another account and refuse only here. */
  async select(mailbox: string): Promise<LoginReply> {
    const { status: code, text } = await this.#command(`SELECT ${mailbox}`, 'select')
    return maskedReply(this.#options, { code, text })
  }

  handOver(): HandedOver {
    return this.#options.connection.handOver()
  }

  close(): void {
    this.#options.connection.close('bye LOGOUT')
  }

  async #greeting(): Promise<void> {
    const { line } = await this.#read()
    const [, status = '', text = ''] = /^\* (OK|NO|PREAUTH)\b ?(.*)$/i.exec(line) ?? []
    if (status === '') throw otherProtocol('IMAP', line)
    const code = status.toUpperCase()
    if (code !== 'OK') throw this.#refusal({ code, text })
  }

  /** Runs a command that must succeed. */
  async #command(text: string, stage: Stage): Promise<Answer> {
    this.#stage = stage
    const answer = await this.#run(this.#nextTag(), text)
    if (answer.status === 'OK') return answer
    throw this.#refusal({ command: text, code: answer.status, text: answer.text })
  }

  async #run(tag: string, command: string, continuations: Continue[] = []): Promise<Answer> {
    const { connection } = this.#options
    connection.send(`${tag} ${command}`)
    connection.startReply()
    const untagged: string[] = []
    let verbatim = ''
    for (;;) {
      const { line, raw } = await this.#read()
      if (line.startsWith('+')) {
        const answer = continuations.shift()
        if (answer === undefined) throw this.#endless('it keeps asking for more')
        answer(line.slice(1).trim())
        continue
      }
      const isOurs = line.startsWith(`${tag} `)
      // A reply with another tag must not be passed on to a client.
      if (isOurs || line.startsWith('* ')) verbatim += raw
      if (isOurs) {
        const [status = '', ...words] = line.slice(tag.length + 1).split(' ')
        return { status: status.toUpperCase(), text: words.join(' '), untagged, verbatim }
      }
      // Of a command that the server cannot tell (section 7.1.3): there is no other than this one.
      const [, untaggedBad] = /^\* BAD\b(?! \[(?:WEB)?ALERT\b) ?(.*)$/i.exec(line) ?? []
      if (untaggedBad !== undefined) return { status: 'BAD', text: untaggedBad, untagged, verbatim }
      if (untagged.push(line) > untaggedLimit) throw this.#endless('an endless answer')
    }
  }

  async #read(): Promise<ImapResponse> {
    const response = await readImapResponse(this.#options.connection)
    const { line } = response
    if (/^\* BYE\b/i.test(line)) throw this.#refusal({ code: 'BYE', text: line.slice(6) })
    const isAlert = /^\* (?:OK|NO|BAD) \[(?:WEB)?ALERT\b/i.test(line)
    if (isAlert && this.#stage !== 'greeting' && this.#alerts.length < alertLimit) {
      this.#alerts.push(line.replace(/^\* \w+ /, ''))
    }
    return response
  }

  #nextTag(): string {
    return `a${++this.#count}`
  }

  #endless(text: string): Error {
    return this.#refusal({ code: 'BAD', text })
  }

  #refusal(refused: Omit<Refused, 'protocol' | 'stage' | 'alerts'>): Error {
    const [stage, alerts] = [this.#stage, this.#alerts]
    return maskedRefusal(this.#options, { protocol: 'IMAP', stage, alerts, ...refused })
  }
}
