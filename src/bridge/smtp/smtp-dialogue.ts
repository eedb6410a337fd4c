import type { ExchangeStep } from '../../sasl/server/server-exchange.ts'
import { adviceOf } from '../advice-of.ts'
import { denials, denyExchange } from '../denials.ts'
import type { Dialogue, Entry, Gate, Step } from '../gate.ts'
import { mayBeginTls } from '../may-begin-tls.ts'
import { tooManyMistakes, Mistakes } from '../mistakes.ts'
import { type OpenExchange, openExchange } from '../open-exchange.ts'
import { senderOf } from './sender-of.ts'

const lineLimit = 2_048
/** RFC 4954 section 4. */
const authLimit = 12_288

interface SmtpOptions {
  gate: Gate
  /** Of this host, in the greeting. */
  hostname: string
}

/** The server's side of submission (RFC 6409) until the client is logged in at the real one. */
export class SmtpDialogue implements Dialogue {
  readonly farewells = {
    silent: '421 4.4.2 nothing came for too long\r\n',
    unusable: '500 5.5.6 this line cannot be used\r\n',
  }
  readonly #gate: Gate
  readonly #mistakes: Mistakes
  readonly #hostname: string
  #open: OpenExchange | undefined
  /** Why the login behind a password that was right has failed: MAIL is answered with it too. */
  #advice: string | undefined

  constructor({ gate, hostname }: SmtpOptions) {
    this.#gate = gate
    this.#mistakes = new Mistakes(gate)
    this.#hostname = hostname
  }

  greet(): Step {
    return reply(`220 ${this.#hostname} ESMTP`)
  }

  lineLimit(start: string): number {
    return this.#open !== undefined || /^AUTH /i.test(start) ? authLimit : lineLimit
  }

  receive(line: string): Promise<Step> | Step {
    if (this.#open !== undefined) return this.#goOn(this.#open, this.#open.exchange.receive(line))
    const [, verb = '', rest = ''] = /^(\S*)[ \t]*(.*)$/s.exec(line) ?? []
    const command = verb.toUpperCase()
    switch (command) {
      case 'EHLO':
        return this.#extend()
      case 'HELO':
        return reply(`250 ${this.#hostname}`)
      case 'NOOP':
      case 'RSET':
        return reply('250 2.0.0 OK')
      case 'VRFY':
        return reply('252 2.1.5 the mail server knows')
      case 'HELP':
        return reply('214 2.0.0 see cms-oauth.toml(5), [[bridge]]')
      case 'QUIT':
        return { reply: '221 2.0.0 bye\r\n', close: {} }
      case 'STARTTLS':
        return this.#startTls(rest)
      case 'AUTH':
        return this.#begin(rest)
      case 'MAIL':
        return this.#mail(line)
      case 'RCPT':
      case 'DATA':
        return reply('503 5.5.1 MAIL comes first')
      case 'BDAT':
        // What follows is a message and must not be read as commands.
        return {
          reply: '421 4.7.0 BDAT is not offered here\r\n',
          close: { reason: 'BDAT was not offered' },
        }
      default:
        return this.#refuseUnknown()
    }
  }

  async #extend(): Promise<Step> {
    const { tls, offersPasswords } = this.#gate
    // A device that knows no TLS sees no AUTH, and leaves.
    if (tls === 'required') this.#gate.deny(denials.tlsRequired)
    const starttls = mayBeginTls(tls) ? ['STARTTLS'] : []
    const takesPasswords = offersPasswords && tls !== 'required'
    const mechanisms = takesPasswords ? ['AUTH PLAIN LOGIN SCRAM-SHA-256'] : []
    const extensions = await this.#gate.extensions()
    const lines = [this.#hostname, ...extensions, ...starttls, ...mechanisms]
    return reply(
      lines
        .map((line, index) => `250${index === lines.length - 1 ? ' ' : '-'}${line}`)
        .join('\r\n'),
    )
  }

  #startTls(parameters: string): Step {
    if (!mayBeginTls(this.#gate.tls)) {
      return this.#deny(denials.tlsOff, '502 5.5.1 TLS is not offered here')
    }
    if (parameters !== '') return reply('501 5.5.4 STARTTLS has no parameters')
    if (this.#gate.tls === 'required') this.#gate.deny(undefined)
    return {
      reply: '220 2.0.0 begin TLS\r\n',
      startTls: { injected: '501 5.5.2 nothing may follow STARTTLS before TLS\r\n' },
    }
  }

  #begin(parameters: string): Promise<Step> | Step {
    if (this.#gate.tls === 'required') {
      return this.#deny(denials.tlsRequired, '538 5.7.11 begin TLS first, with STARTTLS')
    }
    if (!this.#gate.offersPasswords) {
      const words = '502 5.5.1 passwords are not used here: send MAIL without AUTH'
      return this.#deny(denials.noPasswords, words)
    }
    const { open, step } = openExchange(this.#gate, parameters)
    return this.#goOn(open, step)
  }

  #goOn(open: OpenExchange, step: ExchangeStep): Promise<Step> | Step {
    this.#open = 'challenge' in step ? open : undefined
    if ('challenge' in step) return reply(`334 ${step.challenge}`)
    if ('refused' in step) {
      denyExchange(this.#gate, open, step.refused)
      return reply(refusals[step.refused])
    }
    const account = this.#gate.accountOf(step.claim)
    const by = step.claim.password?.name
    if (account === undefined || by === undefined) return this.#refusePassword(open.mechanism)
    return this.#logIn({ account, by, mechanism: open.mechanism })
  }

  async #refusePassword(mechanism: string): Promise<Step> {
    if (await this.#mistakes.mayGoOnAfterPassword(mechanism)) {
      return reply('535 5.7.8 wrong user name or password')
    }
    return loseItFor(tooManyMistakes.passwords)
  }

  async #logIn(entry: Entry): Promise<Step> {
    const outcome = await this.#gate.login(entry)
    if ('upstream' in outcome) {
      const { upstream } = outcome
      return { reply: '235 2.7.0 logged in\r\n', pipe: { upstream, entry } }
    }
    this.#advice = adviceOf(outcome.failure)
    return reply(`454 4.7.0 ${this.#advice}`)
  }

  async #mail(line: string): Promise<Step> {
    if (this.#gate.tls === 'required') {
      return this.#deny(denials.tlsRequired, '530 5.7.0 begin TLS first, with STARTTLS')
    }
    // Programs go on with MAIL after a failed AUTH, and bounce the mail at a 5yz.
    if (this.#advice !== undefined) return reply(`451 4.7.0 ${this.#advice}`)
    const sender = senderOf(line)
    if (sender === undefined) return reply('501 5.5.4 MAIL is not as it should be')
    const found = this.#gate.accountOfCaller(sender)
    if ('refusal' in found) {
      const { offersPasswords } = this.#gate
      return reply(
        offersPasswords ? '530 5.7.0 authentication required' : `550 5.7.1 ${found.refusal}`,
      )
    }
    const outcome = await this.#gate.login(found)
    if ('upstream' in outcome) {
      return { pipe: { upstream: outcome.upstream, entry: found, first: `${line}\r\n` } }
    }
    return reply(`451 4.7.0 ${adviceOf(outcome.failure)}`)
  }

  #deny(reason: string, words: string): Step {
    this.#gate.deny(reason)
    return reply(words)
  }

  #refuseUnknown(): Step {
    if (this.#mistakes.mayGoOnAfterUnknown()) return reply('500 5.5.2 this command is not known')
    return loseItFor(tooManyMistakes.unknown)
  }
}

const refusals = {
  unknown: '504 5.5.4 this mechanism is not offered',
  cancelled: '501 5.7.0 authentication cancelled',
  malformed: '501 5.5.2 this response cannot be read',
}

function loseItFor(reason: string): Step {
  return { reply: `421 4.7.0 ${reason}\r\n`, close: { reason } }
}

function reply(text: string): Step {
  return { reply: `${text}\r\n` }
}
