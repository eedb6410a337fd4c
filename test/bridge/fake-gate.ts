import { ProviderUnavailableError } from '../../src/errors.ts'
import type {
  Admission,
  ClientTls,
  Dialogue,
  Entry,
  Gate,
  LoginOutcome,
  Step,
} from '../../src/bridge/gate.ts'
import type { Upstream } from '../../src/bridge/upstream.ts'
import { createVerifier } from '../../src/sasl/server/passwords.ts'
import { ServerExchange } from '../../src/sasl/server/server-exchange.ts'

const salt = Buffer.from('0123456789abcdef').toString('base64')
const printer = createVerifier('right', { name: 'printer', salt })

const passwords = () => ({ salt, verifiers: [printer] })

/** In base64, as SASL sends it. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** The message of PLAIN with the right password, or with another one. */
export function plain(user = 'user@example.com', password = 'right'): string {
  return base64(`\0${user}\0${password}`)
}

/** What went up. */
export const upstream = { server: 'smtp.example.com:587' } as Upstream

/** A trouble that only time ends. */
export const away = new ProviderUnavailableError('"smtp.example.com:587" cannot be reached', {
  hint: 'try again later',
})

/** A gate that knows one password, and keeps what it was asked. */
export class FakeGate implements Gate {
  readonly logins: Entry[] = []
  /** Of the commands that brought each login about. */
  readonly tags: (string | undefined)[] = []
  offersPasswords = true
  tls: ClientTls = 'off'
  admission: Admission | undefined = undefined
  promised = ['SIZE 1000', '8BITMIME', 'PIPELINING']
  caller: ReturnType<Gate['accountOfCaller']> = { refusal: 'uid 33 is not listed in "allow"' }
  outcome: LoginOutcome = { upstream }
  mayTryAgain = true
  /** What the client did not get. */
  readonly denied: (string | undefined)[] = []

  createExchange() {
    return new ServerExchange({ passwords, nonce: 'nonce' })
  }

  accountOf({ user, password }: Parameters<Gate['accountOf']>[0]) {
    return user === 'user@example.com' && password !== undefined ? user : undefined
  }

  accountNamed({ user }: Parameters<Gate['accountNamed']>[0]) {
    return user === 'user@example.com' ? user : undefined
  }

  accountOfCaller() {
    return this.caller
  }

  async extensions() {
    return this.promised
  }

  async login(entry: Entry, tag?: string) {
    this.logins.push(entry)
    this.tags.push(tag)
    return this.outcome
  }

  deny(reason: string | undefined) {
    this.denied.push(reason)
  }

  async refusePassword() {
    return this.mayTryAgain
  }
}

/** Gives a dialogue its lines; what it says, and `close` or `pipe` where it ends. */
export function converse(dialogue: Dialogue, lines: readonly string[]): Promise<string[]> {
  const left = [...lines]
  return converseWith(dialogue, async () => left.shift())
}

/** The same with lines that come one after the other, each by what was said before. */
export async function converseWith(
  dialogue: Dialogue,
  next: (last: Step) => Promise<string | undefined>,
): Promise<string[]> {
  const said: string[] = []
  let step: Step = {}
  for (let line; (line = await next(step)) !== undefined;) {
    step = await dialogue.receive(line)
    if (step.reply !== undefined) said.push(step.reply.trimEnd())
    if (step.startTls !== undefined) return [...said, step.startTls.injected.trimEnd(), 'TLS']
    if (step.close !== undefined) return [...said, 'close']
    if (step.pipe !== undefined) return [...said, `pipe ${step.pipe.first ?? ''}`.trimEnd()]
  }
  return said
}
