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

const lineLimit = 2_048
/** RFC 5034 section 4. */
const authLimit = 12_288

/** The server's side of POP (RFC 1939) until the client is logged in at the real one. */
export class PopDialogue implements Dialogue {
  readonly farewells = {
    silent: '-ERR nothing came for too long\r\n',
    unusable: '-ERR this line cannot be used\r\n',
  }
  readonly #gate: Gate
  readonly #mistakes: Mistakes
  #open: OpenExchange | undefined
  #user: string | undefined

  constructor(gate: Gate) {
    this.#gate = gate
    this.#mistakes = new Mistakes(gate)
  }

  greet(): Step {
    const { offersPasswords, admission } = this.#gate
    if (offersPasswords || admission !== undefined) return reply('+OK ready')
    const found = this.#gate.accountOfCaller('')
    const why = 'refusal' in found ? found.refusal : 'nobody is let in'
    return { reply: `-ERR [AUTH] ${why}\r\n`, close: {} }
  }

  lineLimit(start: string): number {
    return this.#open !== undefined || /^AUTH /i.test(start) ? authLimit : lineLimit
  }

  receive(line: string): Promise<Step> | Step {
    if (this.#open !== undefined) return this.#goOn(this.#open, this.#open.exchange.receive(line))
    const [, name = '', rest = ''] = /^(\S*) ?(.*)$/s.exec(line) ?? []
    const command = name.toUpperCase()
    switch (command) {
      case 'CAPA':
        return list(this.#capabilities())
      case 'STLS':
        return this.#startTls(rest.trim())
      case 'USER':
      case 'PASS':
      case 'AUTH':
        if (this.#gate.tls === 'required') {
          this.#gate.deny(denials.tlsRequired)
          return reply('-ERR begin TLS first, with STLS')
        }
        return this.#logIn(command, rest)
      case 'APOP':
        denyExchange(this.#gate, { mechanism: 'APOP' }, 'unknown')
        return this.#refuseUnknown()
      case 'NOOP':
        return reply('-ERR log in first')
      case 'QUIT':
        return { reply: '+OK bye\r\n', close: {} }
      default:
        return this.#refuseUnknown()
    }
  }

  #capabilities(): string[] {
    const { tls } = this.#gate
    const stls = mayBeginTls(tls) ? ['STLS'] : []
    const login = tls === 'required' ? [] : ['USER', `SASL ${this.#mechanisms().join(' ')}`]
    return [...login, ...stls, ...otherCapabilities]
  }

  #mechanisms(): string[] {
    // SCRAM proves a password, and a caller that needs none may send any.
    return ['PLAIN', 'LOGIN', ...(this.#gate.admission === undefined ? ['SCRAM-SHA-256'] : [])]
  }

  #startTls(parameters: string): Step {
    if (!mayBeginTls(this.#gate.tls)) this.#gate.deny(denials.tlsOff)
    if (!mayBeginTls(this.#gate.tls) || parameters !== '') return this.#refuseUnknown()
    return {
      reply: '+OK begin TLS\r\n',
      startTls: { injected: '-ERR nothing may follow STLS before TLS\r\n' },
    }
  }

  #logIn(command: 'USER' | 'PASS' | 'AUTH', rest: string): Promise<Step> | Step {
    if (command === 'PASS') return this.#pass(rest)
    if (command === 'AUTH') {
      return rest.trim() === '' ? list(this.#mechanisms()) : this.#authenticate(rest)
    }
    // A password may end with a blank, a user name does not.
    this.#user = rest.trim()
    return reply('+OK send PASS')
  }

  #pass(password: string): Promise<Step> | Step {
    const user = this.#user
    if (user === undefined) return reply('-ERR USER comes first')
    this.#user = undefined
    return this.#enter('USER', plainClaim(this.#gate.createExchange(), { user, password }))
  }

  #authenticate(parameters: string): Promise<Step> | Step {
    const { open, step } = openExchange(this.#gate, parameters)
    return this.#goOn(open, step)
  }

  #goOn(open: OpenExchange, step: ExchangeStep): Promise<Step> | Step {
    this.#open = 'challenge' in step ? open : undefined
    if ('challenge' in step) return reply(`+ ${step.challenge}`)
    if ('refused' in step) {
      denyExchange(this.#gate, open, step.refused)
      return reply(refusals[step.refused])
    }
    return this.#enter(open.mechanism, step.claim)
  }

  async #enter(mechanism: string, claim: Claim | undefined): Promise<Step> {
    const entry = claim && claimedEntry(this.#gate, claim, mechanism)
    if (entry === undefined) return this.#refusePassword(mechanism)
    const outcome = await this.#gate.login(entry)
    if (!('upstream' in outcome)) return reply(`-ERR ${failureText(outcome)}`)
    return { reply: '+OK logged in\r\n', pipe: { upstream: outcome.upstream, entry } }
  }

  async #refusePassword(mechanism: string): Promise<Step> {
    const refusal = '-ERR [AUTH] wrong user name or password'
    if (await this.#mistakes.mayGoOnAfterPassword(mechanism)) return reply(refusal)
    return { reply: `${refusal}\r\n`, close: { reason: tooManyMistakes.passwords } }
  }

  #refuseUnknown(): Step {
    const refusal = '-ERR this command cannot be used before the login'
    if (this.#mistakes.mayGoOnAfterUnknown()) return reply(refusal)
    return { reply: `${refusal}\r\n`, close: { reason: tooManyMistakes.unknown } }
  }
}

/** AUTH-RESP-CODE (RFC 3206) says that `[AUTH]` and `[SYS/...]` are meant so. */
const otherCapabilities = ['TOP', 'UIDL', 'RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING']

const refusals = {
  unknown: '-ERR this mechanism is not offered',
  cancelled: '-ERR authentication cancelled',
  malformed: '-ERR this response cannot be read',
}

/** RFC 2449 section 8.1 and RFC 3206. */
const responseCodes: Record<FailureKind, string> = {
  away: 'SYS/TEMP',
  stopped: 'SYS/PERM',
  full: 'IN-USE',
}

function failureText({ failure }: Extract<LoginOutcome, { failure: unknown }>): string {
  return `[${responseCodes[failureKindOf(failure)]}] ${adviceOf(failure)}`
}

function list(lines: readonly string[]): Step {
  return reply(['+OK', ...lines, '.'].join('\r\n'))
}

function reply(text: string): Step {
  return { reply: `${text}\r\n` }
}
