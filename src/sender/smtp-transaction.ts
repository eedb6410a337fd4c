import { actorOf, isCmsOauthError } from '../errors.ts'
import type { MailRefusal, SmtpReply, SmtpSession } from '../mail/smtp-session.ts'
import type { Delivery, DeliveryOutcome, RefusedRecipient } from '../messages/sender-messages.ts'
import { later, ofMessage, transferMs, unanswered, wayFailed } from './outcomes.ts'
import type { Progress } from './progress.ts'
import { withoutBcc } from './without-bcc.ts'

const minuteMs = 60_000
/**
 * What a server may take for each answer (RFC 5321 section 4.5.3.2). It may check a recipient at another server, and
 * a message for viruses; whoever does not wait for the answer to a message sends it twice.
 */
const limitsMs = { envelope: 5 * minuteMs, data: 2 * minuteMs, message: 10 * minuteMs }

/** What it needs of a session that is logged in. */
type Session = Pick<SmtpSession, 'capabilities' | 'command' | 'sendMessage' | 'refusalOf'>

/** One message to one server after the login (RFC 5321 section 3.3). */
export class SmtpTransaction {
  readonly #session: Session
  readonly #delivery: Delivery
  readonly #progress: Progress
  readonly #message: Buffer

  constructor(session: Session, delivery: Delivery, progress: Progress) {
    this.#session = session
    this.#delivery = delivery
    this.#progress = progress
    this.#message = withoutBcc(progress.message)
  }

  /** @throws CmsOauthError where the conversation breaks off before the message */
  async run(): Promise<DeliveryOutcome> {
    const tooLarge = this.#tooLarge()
    if (tooLarge !== undefined) return tooLarge
    const sender = await this.#command(`MAIL FROM:<${this.#delivery.account}>${this.#sizeWord()}`)
    if (sender !== undefined) return this.#ofWhole(sender.command, sender.reply)
    const { accepted, refused, delayed, stopped, hint } = await this.#offerRecipients()
    if (stopped !== undefined) return stopped
    if (accepted.length === 0) {
      if (delayed !== undefined) return delayed
      this.#progress.refuse(refused)
      return this.#progress.finished(hint)
    }
    this.#progress.begin(accepted)
    const failure = await this.#sendMessage()
    if (failure !== undefined) return failure
    this.#progress.succeed()
    this.#progress.refuse(refused)
    return delayed === undefined
      ? this.#progress.finished(hint)
      : this.#progress.interrupted(ofMessage(delayed))
  }

  /** Who is accepted; `stopped`: the server refuses more than an address. */
  async #offerRecipients() {
    const accepted: string[] = []
    const refused: RefusedRecipient[] = []
    let delayed: DeliveryOutcome | undefined
    let hint = ''
    for (const recipient of this.#progress.head.rcpt) {
      const refusal = await this.#command(`RCPT TO:<${recipient}>`)
      if (refusal === undefined) {
        accepted.push(recipient)
        continue
      }
      const { reply, command } = refusal
      const { error, isKnown } = this.#session.refusalOf(command, reply)
      if (error.code === 'provider_unavailable') delayed = wayFailed(error)
      else if (isKnown) return { accepted, refused, stopped: this.#ofWhole(command, reply), hint }
      else {
        refused.push({ recipient, reason: error.message })
        hint = error.hint
      }
    }
    return { accepted, refused, delayed, hint }
  }

  /** Undefined: the server has it. */
  async #sendMessage(): Promise<DeliveryOutcome | undefined> {
    const { code, lines } = await this.#session.command('DATA', limitsMs.data)
    if (code !== '354') return this.#ofWhole('DATA', { code, lines })
    try {
      const limitMs = limitsMs.message + transferMs(this.#message.length)
      const reply = await this.#session.sendMessage(this.#message, limitMs)
      if (reply.code.startsWith('2')) return undefined
      return this.#ofMessage(reply)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      return unanswered(`no answer came after the message: ${error.message}`)
    }
  }

  /** Undefined where the server agrees. */
  async #command(command: string): Promise<{ command: string; reply: SmtpReply } | undefined> {
    const reply = await this.#session.command(command, limitsMs.envelope)
    return reply.code.startsWith('2') ? undefined : { command, reply }
  }

  /** What is refused before the message, or in words that are known, may be accepted another time. */
  #ofWhole(command: string, reply: SmtpReply): DeliveryOutcome {
    const refusal = this.#session.refusalOf(command, reply)
    const { error } = refusal
    if (error.code === 'provider_unavailable') return wayFailed(error)
    if (reply.code === '552') return refusedFor(refusal)
    return later(actorOf(error), error.message, error.hint)
  }

  #ofMessage(reply: SmtpReply): DeliveryOutcome {
    const refusal = this.#session.refusalOf('DATA', reply)
    return refusal.isKnown ? ofMessage(this.#ofWhole('DATA', reply)) : refusedFor(refusal)
  }

  /** The limit that the server names (RFC 1870); undefined: none. */
  #limit(): number | undefined {
    const [line] = this.#session.capabilities.filter((capability) => /^SIZE\b/i.test(capability))
    return line === undefined ? undefined : Number(line.split(' ')[1] ?? 0)
  }

  #sizeWord(): string {
    return this.#limit() === undefined ? '' : ` SIZE=${this.#message.length}`
  }

  #tooLarge(): DeliveryOutcome | undefined {
    const limit = this.#limit() ?? 0
    const { length } = this.#message
    // No limit is written as 0.
    if (limit === 0 || Number.isNaN(limit) || length <= limit) return undefined
    return {
      kind: 'refused',
      reason: `the message has ${length} bytes, and the mail server accepts ${limit}`,
      hint: 'lower max_size of the outbox, so that the rest is left out next time',
      isOfContent: true,
    }
  }
}

/** After the message a server may still speak of a recipient. */
function refusedFor({ error, isOfRecipient }: MailRefusal): DeliveryOutcome {
  const { message: reason, hint } = error
  return { kind: 'refused', reason, hint, ...(isOfRecipient ? {} : { isOfContent: true }) }
}
