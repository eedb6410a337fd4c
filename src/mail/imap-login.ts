import type { Credential } from '../sasl/output-format.ts'
import type { Dialogue } from './dialogue.ts'
import {
  answerChallenge,
  chooseMechanism,
  initialResponse,
  type LoginAttempt,
  type LoginReply,
  type Mechanism,
} from './login.ts'
import { otherProtocol } from './other-protocol.ts'
import type { Refused } from './refusal.ts'
import type { Stage } from './refusals/refusal-row.ts'

interface Answer {
  status: string
  text: string
  untagged: string[]
}

/** Takes the text of a continuation request (RFC 9051 section 7.6) and answers it. */
type Continue = (text: string) => void

const untaggedLimit = 1_000
/** More of what is meant for a person is not kept. */
const alertLimit = 3

/**
 * Logs in to an IMAP server (RFC 9051 section 6.2.2) and selects INBOX: a server may accept the token
 * of another account and refuse only there. Returns the reply to SELECT.
 * @throws MailLoginRefusedError
 * @throws ProviderUnavailableError where another time may do
 */
export async function loginToImap(
  dialogue: Dialogue,
  { isImplicitTls, credential }: LoginAttempt,
): Promise<LoginReply> {
  const session = new ImapSession(dialogue)
  await session.greeting()
  if (!isImplicitTls) {
    await session.command('STARTTLS', 'tls')
    await dialogue.startTls()
  }
  const { untagged } = await session.command('CAPABILITY', 'login')
  const capabilities = untagged.join(' ').toUpperCase().split(' ')
  const mechanism = chooseMechanism(
    dialogue,
    capabilities.filter((word) => word.startsWith('AUTH=')).map((word) => word.slice(5)),
  )
  await session.authenticate(mechanism, credential)
  const { status, text } = await session.command('SELECT INBOX', 'select')
  return { code: status, text }
}

/** Tagged commands and their answers. */
class ImapSession {
  readonly #dialogue: Dialogue
  #count = 0
  #stage: Stage = 'greeting'
  readonly #alerts: string[] = []

  constructor(dialogue: Dialogue) {
    this.#dialogue = dialogue
  }

  async greeting(): Promise<void> {
    const line = await this.#readResponse()
    const [, status = '', text = ''] = /^\* (OK|NO|PREAUTH)\b ?(.*)$/i.exec(line) ?? []
    if (status === '') throw otherProtocol('IMAP', line)
    const code = status.toUpperCase()
    if (code !== 'OK') throw this.#refusal({ code, text })
  }

  /** Runs a command that must succeed. */
  async command(text: string, stage: Stage): Promise<Answer> {
    this.#stage = stage
    const answer = await this.#run(text)
    if (answer.status === 'OK') return answer
    throw this.#refusal({ command: text, code: answer.status, text: answer.text })
  }

  async authenticate(mechanism: Mechanism, credential: Credential): Promise<void> {
    let challenge: string | undefined
    let isAsked = false
    const answer = await this.#run(`AUTHENTICATE ${mechanism}`, [
      () => {
        isAsked = true
        this.#dialogue.sendSecret(initialResponse(mechanism, credential))
      },
      (text) => {
        challenge = answerChallenge(this.#dialogue, mechanism, text)
      },
    ])
    if (answer.status === 'OK' && isAsked) return
    const { status: code, text } = answer
    throw this.#refusal({ command: 'AUTHENTICATE', code, text, challenge })
  }

  async #run(text: string, continuations: Continue[] = []): Promise<Answer> {
    const tag = `a${++this.#count}`
    this.#dialogue.send(`${tag} ${text}`)
    const untagged: string[] = []
    for (;;) {
      const line = await this.#readResponse()
      if (line.startsWith(`${tag} `)) {
        const [status = '', ...words] = line.slice(tag.length + 1).split(' ')
        return { status: status.toUpperCase(), text: words.join(' '), untagged }
      }
      if (line.startsWith('+')) {
        const answer = continuations.shift()
        if (answer === undefined) throw this.#endless('it keeps asking for more')
        answer(line.slice(1).trim())
      } else if (untagged.push(line) > untaggedLimit) {
        throw this.#endless('an endless answer')
      }
    }
  }

  /** One response with its literals, whose text must not be taken for a line (section 4.3). */
  async #readResponse(): Promise<string> {
    let response = await this.#dialogue.readLine()
    for (let octets = literalSize(response); octets !== undefined; octets = literalSize(response)) {
      let literal = await this.#dialogue.readLine()
      while (literal.length < octets) literal += `\r\n${await this.#dialogue.readLine()}`
      response += literal.slice(octets)
      if (literal.length === octets) break
    }
    if (/^\* BYE\b/i.test(response)) {
      throw this.#refusal({ code: 'BYE', text: response.slice(6) })
    }
    const isAlert = /^\* (?:OK|NO|BAD) \[(?:WEB)?ALERT\b/i.test(response)
    if (isAlert && this.#stage !== 'greeting' && this.#alerts.length < alertLimit) {
      this.#alerts.push(response.replace(/^\* \w+ /, ''))
    }
    return response
  }

  #endless(text: string): Error {
    return this.#refusal({ code: 'BAD', text })
  }

  #refusal(said: Omit<Refused, 'protocol' | 'stage' | 'alerts'>): Error {
    const [stage, alerts] = [this.#stage, this.#alerts]
    return this.#dialogue.refusal({ protocol: 'IMAP', stage, alerts, ...said })
  }
}

function literalSize(response: string): number | undefined {
  const size = /\{(\d{1,9})\}$/.exec(response)?.[1]
  return size === undefined ? undefined : Number(size)
}
