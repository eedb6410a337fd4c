import { type Account, needsSignIn, saslIdentity } from '../../accounts/account.ts'
import { type OutboxConfiguration, senderOf } from '../../configuration/outbox-configuration.ts'
import { actorOf, type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import type { Delivery, DeliveryOutcome } from '../../messages/sender-messages.ts'
import type { ServedToken } from '../../sasl/served-token.ts'
import type { TokenSource } from '../socket/token-source.ts'
import type { TokenReplacement } from '../tokens/refused-tokens.ts'

interface CourierOptions {
  tokens: TokenSource
  refusedTokens: TokenReplacement
  findAccount: (user: string) => Account | undefined
  deliver: (delivery: Omit<Delivery, 'job'>) => Promise<DeliveryOutcome>
}

/** Delivers a message with a token of its account, and with another one where that is not accepted. */
export class Courier {
  readonly #options: CourierOptions
  /** The fingerprint of the last token that each outbox sent a message with. */
  readonly #accepted = new Map<string, string>()

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** Never rejects for anything but a fault of the program. */
  async deliver(outbox: OutboxConfiguration, id: string): Promise<DeliveryOutcome> {
    try {
      const { tokens, refusedTokens } = this.#options
      const user = senderOf(outbox)
      const token = await tokens.serve(user)
      const { fingerprint } = token
      const outcome = await this.#deliver(outbox, id, token)
      if (outcome.kind !== 'token_refused') return outcome
      const wasAccepted = this.#accepted.get(outbox.name) === fingerprint
      const refused = { user, fingerprint, message: outcome.reason, wasAccepted }
      if (!(await refusedTokens.replace(refused))) return withTokenRefused(outcome)
      return withTokenRefused(await this.#deliver(outbox, id, await tokens.serve(user)))
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      return withoutToken(error)
    }
  }

  async #deliver(
    { name, account: user, spool, route }: OutboxConfiguration,
    id: string,
    { accessToken, fingerprint }: ServedToken,
  ): Promise<DeliveryOutcome> {
    const { findAccount, deliver } = this.#options
    const account = findAccount(user)
    const outcome = await deliver({
      spool,
      id,
      route,
      account: user,
      user: account === undefined ? user : saslIdentity(account, 'SMTP'),
      isAppOnly: account !== undefined && !needsSignIn(account),
      accessToken: accessToken.reveal(),
    })
    if (outcome.kind === 'delivered') this.#accepted.set(name, fingerprint)
    return outcome
  }
}

/** What is to be done where no other token helps. */
function withTokenRefused(outcome: DeliveryOutcome): DeliveryOutcome {
  return outcome.kind === 'token_refused' ? { ...outcome, kind: 'later' } : outcome
}

function withoutToken(error: CmsOauthError): DeliveryOutcome {
  const retryAfterMs = 'retryAfterMs' in error ? error.retryAfterMs : undefined
  return {
    kind: 'later',
    actor: actorOf(error),
    reason: error.message,
    hint: error.hint,
    // A network that does not lead to the provider's token endpoint rarely leads to its mail server.
    ...(error.code === 'provider_unavailable' ? { isOfWay: true } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}
