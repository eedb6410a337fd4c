import { type Account, needsSignIn, saslIdentity } from '../../accounts/account.ts'
import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { actorOf, type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import type { Delivery, DeliveryOutcome } from '../../messages/sender-messages.ts'
import type { ServedToken } from '../../sasl/served-token.ts'

/** Where the tokens of deliveries come from. */
export interface DeliveryTokens {
  /** @throws CmsOauthError, or rejects with one, where there is none */
  serve(user: string): ServedToken | Promise<ServedToken>
  /** Fetches another one, whatever the present one is. @throws CmsOauthError */
  refresh(user: string): Promise<void>
}

interface CourierOptions {
  tokens: DeliveryTokens
  findAccount: (user: string) => Account | undefined
  deliver: (delivery: Omit<Delivery, 'job'>) => Promise<DeliveryOutcome>
}

/** Has a message delivered with a token of its account, and with another one if that is not accepted. */
export class Courier {
  readonly #options: CourierOptions

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** Never rejects for anything but a fault of the program. */
  async deliver(outbox: OutboxConfiguration, id: string): Promise<DeliveryOutcome> {
    try {
      const outcome = await this.#deliver(outbox, id)
      if (outcome.kind !== 'token_refused') return outcome
      await this.#options.tokens.refresh(outbox.account)
      const second = await this.#deliver(outbox, id)
      return second.kind === 'token_refused' ? { ...second, kind: 'later', actor: 'you' } : second
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      return withoutToken(error)
    }
  }

  async #deliver(
    { account: user, spool, route }: OutboxConfiguration,
    id: string,
  ): Promise<DeliveryOutcome> {
    const { tokens, findAccount, deliver } = this.#options
    const { accessToken } = await tokens.serve(user)
    const account = findAccount(user)
    return deliver({
      spool,
      id,
      route,
      account: user,
      user: account === undefined ? user : saslIdentity(account, 'SMTP'),
      isAppOnly: account !== undefined && !needsSignIn(account),
      accessToken: accessToken.reveal(),
    })
  }
}

function withoutToken(error: CmsOauthError): DeliveryOutcome {
  const retryAfterMs = 'retryAfterMs' in error ? error.retryAfterMs : undefined
  return {
    kind: 'later',
    actor: actorOf(error),
    reason: error.message,
    hint: error.hint,
    // The way to where tokens are made is mostly that of the mail, too.
    ...(error.code === 'provider_unavailable' ? { isOfWay: true } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}
