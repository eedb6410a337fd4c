/**
 * The server's side of submission (RFC 6409) with a caller who is let in already: no login, no TLS. What it
 * answers is decided line by line; how lines come is its user's matter.
 */
import { isCmsOauthError } from '../../errors.ts'
import type { RecipientList } from '../submission/recipient-list.ts'
import type { SmtpEnvelope } from '../submission/submission.ts'
import { pathOf } from './path-of.ts'
import { refusalOf } from './refusal-of.ts'

/** What a dialogue asks of the outbox. */
export interface DialogueOutbox {
  /** As `outboxExtensions` gives them. */
  extensions: () => string[]
  /** The largest message that is not refused; undefined: what is too large is cut. */
  sizeLimit: () => number | undefined
  createRecipients: () => RecipientList
  /** Stores a message, of which so many bytes came in all; its name. @throws CmsOauthError */
  accept: (envelope: SmtpEnvelope, message: Buffer, size: number) => string
}

/** What is answered. */
export interface DialogueReply {
  text: string
  /** A message comes next. */
  isData?: true
  /** The connection is closed after it. */
  isLast?: true
}

const mostUnknown = 10

/** One caller, from the greeting on. */
export class SubmissionDialogue {
  readonly #outbox: DialogueOutbox
  readonly #hostname: string
  #sender: string | undefined
  #recipients: RecipientList | undefined
  #unknown = 0

  constructor(outbox: DialogueOutbox, hostname: string) {
    this.#outbox = outbox
    this.#hostname = hostname
  }

  greet(): string {
    return `220 ${this.#hostname} ESMTP\r\n`
  }

  /** Answers a line without its end, one character a byte. */
  receive(line: string): DialogueReply {
    const [, verb = '', rest = ''] = /^(\S*)[ \t]*(.*)$/s.exec(line) ?? []
    switch (verb.toUpperCase()) {
      case 'EHLO':
        this.#reset()
        return reply(listed([this.#hostname, ...this.#outbox.extensions()]))
      case 'HELO':
        this.#reset()
        return reply(`250 ${this.#hostname}`)
      case 'MAIL':
        return this.#mail(rest)
      case 'RCPT':
        return this.#recipient(rest)
      case 'DATA':
        return this.#data(rest)
      case 'RSET':
        this.#reset()
        return reply('250 2.0.0 OK')
      case 'NOOP':
        return reply('250 2.0.0 OK')
      case 'VRFY':
        return reply('252 2.1.5 try RCPT')
      case 'HELP':
        return reply('214 2.0.0 see cms-oauth.toml(5), [[outbox]]')
      case 'AUTH':
      case 'STARTTLS':
        return reply(`503 5.5.1 ${verb.toUpperCase()} is not needed any more: send MAIL`)
      case 'QUIT':
        return { ...reply('221 2.0.0 bye'), isLast: true }
      case 'BDAT':
        // What follows is a message and must not be read as commands.
        return { ...reply('421 4.7.0 BDAT is not offered here'), isLast: true }
      default:
        return this.#refuseUnknown()
    }
  }

  /** Answers the message that DATA announced, of which so many bytes came in all. */
  finish(message: Buffer, size: number): DialogueReply {
    const envelope = { sender: this.#sender ?? '', recipients: this.#recipients?.addresses ?? [] }
    this.#reset()
    try {
      const id = this.#outbox.accept(envelope, message, size)
      return reply(`250 2.0.0 accepted as ${id}`)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      return reply(refusalOf(error))
    }
  }

  #mail(text: string): DialogueReply {
    if (this.#sender !== undefined)
      return reply('503 5.5.1 there is a MAIL already: send RSET first')
    const path = pathOf(text, 'FROM')
    if (path === undefined) return reply('501 5.5.4 MAIL is not as it should be')
    for (const parameter of path.parameters) {
      const refusal = this.#refusalOfParameter(parameter)
      if (refusal !== undefined) return reply(refusal)
    }
    this.#sender = path.address
    this.#recipients = this.#outbox.createRecipients()
    return reply('250 2.1.0 OK')
  }

  #refusalOfParameter(parameter: string): string | undefined {
    const size = /^SIZE=(\d{1,20})$/.exec(parameter)?.[1]
    const limit = this.#outbox.sizeLimit()
    if (size !== undefined) {
      const isTooMuch = limit !== undefined && Number(size) > limit
      return isTooMuch ? `552 5.3.4 this outbox takes ${limit} bytes` : undefined
    }
    // RFC 4954 section 5: who it was before is not asked.
    const isKnown = /^(?:BODY=(?:7BIT|8BITMIME)|AUTH=\S+)$/.test(parameter)
    return isKnown || isOfReports(parameter)
      ? undefined
      : '555 5.5.4 a parameter of MAIL is not known'
  }

  #recipient(text: string): DialogueReply {
    if (this.#recipients === undefined) return reply('503 5.5.1 MAIL comes first')
    const path = pathOf(text, 'TO')
    if (path === undefined || path.address === '') {
      return reply('501 5.5.4 RCPT is not as it should be')
    }
    if (!path.parameters.every(isOfReports))
      return reply('555 5.5.4 a parameter of RCPT is not known')
    try {
      this.#recipients.admit(path.address)
      return reply('250 2.1.5 OK')
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      return reply(refusalOf(error))
    }
  }

  #data(parameters: string): DialogueReply {
    if (parameters !== '') return reply('501 5.5.4 DATA has no parameters')
    if (this.#recipients === undefined) return reply('503 5.5.1 MAIL comes first')
    // RFC 2920 section 3.1: who sends on gets an answer before its message.
    if (this.#recipients.addresses.length === 0) return reply('554 5.5.1 no recipient was taken')
    return { ...reply('354 end with a line that has a dot alone'), isData: true }
  }

  #refuseUnknown(): DialogueReply {
    this.#unknown += 1
    if (this.#unknown < mostUnknown) return reply('500 5.5.2 this command is not known')
    return { ...reply('421 4.7.0 too many unknown commands'), isLast: true }
  }

  #reset(): void {
    this.#sender = undefined
    this.#recipients = undefined
  }
}

/**
 * What RFC 3461 asks of reports: none is made, as with -N and -R of sendmail, but who asks whether or not it is
 * offered loses no mail for it.
 */
function isOfReports(parameter: string): boolean {
  return /^(?:RET|ENVID|NOTIFY|ORCPT)=\S+$/.test(parameter)
}

function reply(text: string): DialogueReply {
  return { text: `${text}\r\n` }
}

function listed(lines: readonly string[]): string {
  const mark = (index: number) => (index === lines.length - 1 ? ' ' : '-')
  return lines.map((line, index) => `250${mark(index)}${line}`).join('\r\n')
}
