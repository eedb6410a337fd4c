import { MailLoginRefusedError } from '../errors.ts'
import type { Credential } from '../sasl/output-format.ts'
import type { Dialogue } from './dialogue.ts'
import { answerChallenge, chooseMechanism, initialResponse, type LoginReply } from './login.ts'
import { refusal } from './refusal.ts'

interface Answer {
  status: string
  text: string
  untagged: string[]
}

/**
 * Logs in to an IMAP server (RFC 9051 section 6.2.2) and selects INBOX: a server may accept the token
 * of another account and refuse only there. Returns the reply to SELECT. @throws MailLoginRefusedError
 */
export async function loginToImap(
  dialogue: Dialogue,
  { isImplicitTls, credential }: { isImplicitTls: boolean; credential: Credential },
): Promise<LoginReply> {
  const session = new ImapSession(dialogue)
  await session.greeting()
  if (!isImplicitTls) {
    await session.command('STARTTLS')
    await dialogue.startTls()
  }
  const { untagged } = await session.command('CAPABILITY')
  const capabilities = untagged.join(' ').toUpperCase().split(' ')
  const mechanism = chooseMechanism(
    capabilities.filter((word) => word.startsWith('AUTH=')).map((word) => word.slice(5)),
  )
  const challenge = await session.authenticate(mechanism, credential)
  const selected = await session.run('SELECT INBOX')
  if (selected.status !== 'OK') {
    throw refusal({ code: `SELECT ${selected.status}`, text: selected.text })
  }
  dialogue.close()
  return { code: 'OK', text: selected.text, ...(challenge === undefined ? {} : { challenge }) }
}

/** Tagged commands and their answers. */
class ImapSession {
  readonly #dialogue: Dialogue
  #count = 0

  constructor(dialogue: Dialogue) {
    this.#dialogue = dialogue
  }

  async greeting(): Promise<void> {
    const line = await this.#dialogue.readLine()
    if (/^\* OK\b/i.test(line)) return
    throw new MailLoginRefusedError('the server does not speak IMAP', {
      hint: 'compare host and port: 993 with TLS from the start, 143 with STARTTLS',
    })
  }

  /** Runs a command that must succeed. */
  async command(text: string): Promise<Answer> {
    const answer = await this.run(text)
    if (answer.status === 'OK') return answer
    throw refusal({ code: `${text} ${answer.status}`, text: answer.text })
  }

  async run(text: string): Promise<Answer> {
    const tag = this.#send(text)
    return this.#readTagged(tag)
  }

  /** Returns the error challenge of a server that accepted all the same. */
  async authenticate(
    mechanism: Parameters<typeof initialResponse>[0],
    credential: Credential,
  ): Promise<string | undefined> {
    const tag = this.#send(`AUTHENTICATE ${mechanism}`)
    const invitation = await this.#dialogue.readLine()
    if (!invitation.startsWith('+')) {
      throw refusal({ code: 'AUTHENTICATE', text: invitation.replace(`${tag} `, '') })
    }
    this.#dialogue.sendSecret(initialResponse(mechanism, credential))
    let challenge: string | undefined
    const answer = await this.#readTagged(tag, (text) => {
      challenge = answerChallenge(this.#dialogue, mechanism, text)
    })
    if (answer.status === 'OK') return challenge
    const verdict = { code: answer.status, text: answer.text }
    throw refusal(challenge === undefined ? verdict : { ...verdict, challenge })
  }

  #send(text: string): string {
    const tag = `a${++this.#count}`
    this.#dialogue.send(`${tag} ${text}`)
    return tag
  }

  async #readTagged(tag: string, onChallenge?: (text: string) => void): Promise<Answer> {
    const untagged: string[] = []
    let mayChallenge = onChallenge !== undefined
    for (;;) {
      const line = await this.#dialogue.readLine()
      if (line.startsWith(`${tag} `)) {
        const [status = '', ...words] = line.slice(tag.length + 1).split(' ')
        return { status: status.toUpperCase(), text: words.join(' '), untagged }
      }
      if (line.startsWith('+') && mayChallenge) {
        mayChallenge = false
        onChallenge?.(line.slice(1).trim())
      } else if (untagged.push(line) > 1_000 || line.startsWith('+')) {
        throw refusal({ code: 'BAD', text: 'an answer without end' })
      }
    }
  }
}
