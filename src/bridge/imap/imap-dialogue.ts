import { isImapTag } from '../../mail/imap-tag.ts'
import type { Claim } from '../../sasl/server/exchange.ts'
import type { ExchangeStep } from '../../sasl/server/server-exchange.ts'
import { adviceOf } from '../advice-of.ts'
import { claimedEntry } from '../claimed-entry.ts'
import { denials, denyExchange } from '../denials.ts'
import type { Dialogue, Gate, LoginOutcome, Step } from '../gate.ts'
import { mayBeginTls } from '../may-begin-tls.ts'
import { tooManyMistakes, Mistakes } from '../mistakes.ts'
import { type OpenExchange, openExchange } from '../open-exchange.ts'
import { plainClaim } from '../plain-claim.ts'
import { type FailureKind, failureKindOf } from '../failure-kind.ts'
import { CommandReader } from './command-reader.ts'
import { loginArguments } from './login-arguments.ts'

const lineLimit = 12_288

/** An AUTHENTICATE that goes on. */
interface TaggedExchange extends OpenExchange {
  tag: string
}

/** The server's side of IMAP (RFC 3501, RFC 9051) until the client is logged in at the real one. */
export class ImapDialogue implements Dialogue {
  readonly farewells = {
    silent: '* BYE nothing came for too long\r\n',
    unusable: '* BYE this line cannot be used\r\n',
  }
  readonly #gate: Gate
  readonly #mistakes: Mistakes
  readonly #reader = new CommandReader()
  #open: TaggedExchange | undefined

  constructor(gate: Gate) {
    this.#gate = gate
    this.#mistakes = new Mistakes(gate)
  }

  async greet(): Promise<Step> {
    const { offersPasswords, admission, tls } = this.#gate
    // After PREAUTH there is no STARTTLS any more. A caller that needs no password shows any after it.
    const mustBeginTls = admission !== undefined && tls === 'required'
    if (!offersPasswords && !mustBeginTls) return this.#welcome()
    return reply(`* OK [CAPABILITY ${await this.#capabilities()}] ready`)
  }

  lineLimit(): number {
    return lineLimit
  }

  receive(received: string): Promise<Step> | Step {
    if (this.#reader.isInLiteral) {
      this.#reader.takeOctets(received)
      return {}
    }
    if (this.#open !== undefined) {
      return this.#goOn(this.#open, this.#open.exchange.receive(received))
    }
    const step = this.#reader.takeLine(received, (command) => this.#takesStrings(command))
    if ('command' in step) return this.#run(step.command)
    if ('unusable' in step) {
      return {
        reply: '* BYE this literal is too long\r\n',
        close: { reason: 'a literal that is too long' },
      }
    }
    const { octets, isAwaited } = step
    return isAwaited ? { reply: '+ go on\r\n', octets } : { octets }
  }

  /** Lets in a caller that needs no password, where no passwords are taken at all. */
  async #welcome(): Promise<Step> {
    const found = this.#gate.accountOfCaller('')
    if ('refusal' in found) {
      return { reply: `* BYE [AUTHORIZATIONFAILED] ${found.refusal}\r\n`, close: {} }
    }
    const outcome = await this.#gate.login(found)
    if (!('upstream' in outcome)) return { reply: `* BYE ${failureText(outcome)}\r\n`, close: {} }
    const { upstream } = outcome
    const words = (upstream.capabilities ?? []).join(' ')
    return {
      reply: `* PREAUTH [CAPABILITY ${words}] logged in\r\n`,
      pipe: { upstream, entry: found },
    }
  }

  async #capabilities(): Promise<string> {
    const { tls } = this.#gate
    const starttls = mayBeginTls(tls) ? ['STARTTLS'] : []
    const login = tls === 'required' ? ['LOGINDISABLED'] : this.#mechanisms()
    const own = ['IMAP4rev1', 'SASL-IR', 'LITERAL-', ...starttls, ...login]
    return [...own, ...(await this.#gate.extensions())].join(' ')
  }

  #mechanisms(): string[] {
    // SCRAM proves a password, and a caller that needs none may send any.
    const scram = this.#gate.admission === undefined ? ['AUTH=SCRAM-SHA-256'] : []
    return ['AUTH=PLAIN', 'AUTH=LOGIN', ...scram]
  }

  /** True for the commands with strings that are accepted at the moment. */
  #takesStrings(text: string): boolean {
    const { command } = commandIn(text)
    return command === 'ID' || (command === 'LOGIN' && this.#gate.tls !== 'required')
  }

  #run(text: string): Promise<Step> | Step {
    const { tag, command, rest } = commandIn(text)
    if (!isImapTag(tag)) return this.#refuseUnknown('*')
    switch (command) {
      case 'CAPABILITY':
        return this.#tellCapabilities(tag)
      case 'NOOP':
        return reply(`${tag} OK NOOP completed`)
      case 'ID':
        return reply(`* ID NIL\r\n${tag} OK ID completed`)
      case 'LOGOUT':
        return { reply: `* BYE logging out\r\n${tag} OK LOGOUT completed\r\n`, close: {} }
      case 'STARTTLS':
        return this.#startTls(tag, rest)
      case 'LOGIN':
      case 'AUTHENTICATE':
        if (this.#gate.tls === 'required') {
          this.#gate.deny(denials.tlsRequired)
          return reply(`${tag} NO [PRIVACYREQUIRED] begin TLS first`)
        }
        return command === 'LOGIN' ? this.#login(tag, rest) : this.#authenticate(tag, rest)
      default:
        return this.#refuseUnknown(tag)
    }
  }

  async #tellCapabilities(tag: string): Promise<Step> {
    const words = await this.#capabilities()
    return reply(`* CAPABILITY ${words}\r\n${tag} OK CAPABILITY completed`)
  }

  #startTls(tag: string, rest: string): Step {
    if (!mayBeginTls(this.#gate.tls)) this.#gate.deny(denials.tlsOff)
    if (!mayBeginTls(this.#gate.tls) || rest !== '') return this.#refuseUnknown(tag)
    return {
      reply: `${tag} OK begin TLS\r\n`,
      startTls: { injected: `${tag} BAD nothing may follow STARTTLS before TLS\r\n` },
    }
  }

  #login(tag: string, rest: string): Promise<Step> | Step {
    const given = loginArguments(rest)
    if (given === undefined) {
      this.#gate.deny(denials.unreadable)
      return this.#refuse(tag, 'the user name and password cannot be read')
    }
    return this.#enter(tag, 'LOGIN', plainClaim(this.#gate.createExchange(), given))
  }

  #authenticate(tag: string, rest: string): Promise<Step> | Step {
    const { open, step } = openExchange(this.#gate, rest)
    return this.#goOn({ tag, ...open }, step)
  }

  #goOn(open: TaggedExchange, step: ExchangeStep): Promise<Step> | Step {
    this.#open = 'challenge' in step ? open : undefined
    if ('challenge' in step) return reply(`+ ${step.challenge}`)
    if ('refused' in step) {
      denyExchange(this.#gate, open, step.refused)
      return reply(`${open.tag} ${refusals[step.refused]}`)
    }
    return this.#enter(open.tag, open.mechanism, step.claim)
  }

  async #enter(tag: string, mechanism: string, claim: Claim | undefined): Promise<Step> {
    const entry = claim && claimedEntry(this.#gate, claim, mechanism)
    if (entry === undefined) return this.#refusePassword(tag, mechanism)
    const outcome = await this.#gate.login(entry, tag)
    if (!('upstream' in outcome)) return reply(`${tag} NO ${failureText(outcome)}`)
    const { upstream } = outcome
    return { reply: upstream.reply ?? '', pipe: { upstream, entry } }
  }

  async #refusePassword(tag: string, mechanism: string): Promise<Step> {
    const refusal = `${tag} NO [AUTHENTICATIONFAILED] wrong user name or password`
    if (await this.#mistakes.mayGoOnAfterPassword(mechanism)) return reply(refusal)
    const reason = tooManyMistakes.passwords
    return { reply: `* BYE ${reason}\r\n${refusal}\r\n`, close: { reason } }
  }

  #refuseUnknown(tag: string): Step {
    return this.#refuse(tag, 'this command cannot be used before the login')
  }

  #refuse(tag: string, words: string): Step {
    const refusal = `${tag} BAD ${words}`
    if (this.#mistakes.mayGoOnAfterUnknown()) return reply(refusal)
    const reason = tooManyMistakes.unknown
    return { reply: `* BYE ${reason}\r\n${refusal}\r\n`, close: { reason } }
  }
}

const refusals = {
  unknown: 'NO this mechanism is not offered',
  cancelled: 'BAD authentication cancelled',
  malformed: 'BAD this response cannot be read',
}

/** RFC 5530, and RFC 9051 section 7.1 for LIMIT. */
const responseCodes: Record<FailureKind, string> = {
  away: 'UNAVAILABLE',
  stopped: 'CONTACTADMIN',
  full: 'LIMIT',
}

function failureText({ failure }: Extract<LoginOutcome, { failure: unknown }>): string {
  return `[${responseCodes[failureKindOf(failure)]}] ${adviceOf(failure)}`
}

function commandIn(text: string): { tag: string; command: string; rest: string } {
  const [, tag = '', name = '', rest = ''] = /^(\S+) +(\S+) *(.*)$/s.exec(text) ?? []
  return { tag, command: name.toUpperCase(), rest }
}

function reply(text: string): Step {
  return { reply: `${text}\r\n` }
}
