import type { ErrorCode } from '../../errors.ts'
import type { LogFields } from '../../logging/log.ts'
import type { DeliveryOutcome } from '../../messages/sender-messages.ts'
import type { TokenEvent } from '../tokens/token-event.ts'
import { Tally } from './tally.ts'

/** What becomes of a message that is to be delivered. */
export const deliveryOutcomes = ['delivered', 'deferred', 'abandoned'] as const
type Outcome = (typeof deliveryOutcomes)[number]

const outcomeOf: Record<DeliveryOutcome['kind'], Outcome | undefined> = {
  delivered: 'delivered',
  later: 'deferred',
  token_refused: 'deferred',
  refused: 'abandoned',
  gone: undefined,
}

/** What has happened since the daemon was started; every key is a name that the configuration or a list has. */
export class Counters {
  /** By account and protocol. */
  readonly grants = new Tally<string, string>()
  /** By account and outcome. */
  readonly refreshes = new Tally<string, string>()
  /** By account and protocol. */
  readonly bridgeLogins = new Tally<string, string>()
  /** By outbox and outcome. */
  readonly deliveries = new Tally<string, Outcome>()
  readonly #refusals = new Map<ErrorCode, number>()
  #bridgeRefusals = 0

  /** Of token sockets. */
  get refusals(): ReadonlyMap<ErrorCode, number> {
    return this.#refusals
  }

  get bridgeRefusals(): number {
    return this.#bridgeRefusals
  }

  /** A token socket refused a request. */
  countRefusal(code: ErrorCode): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1)
  }

  /** Something has happened to the token of an account. */
  countTokenEvent(user: string, event: TokenEvent): void {
    if (event.event === 'token.refreshed') this.refreshes.add(user, 'refreshed')
    else if ('error' in event) this.refreshes.add(user, event.error.code)
  }

  /** A line of the bridge's log; one that ends in `_more` stands for so many that were left out. */
  countBridgeEvent(event: string, { user = '', protocol = '', count = 0 }: LogFields): void {
    if (event === 'bridge.login') this.bridgeLogins.add(user, protocol)
    else if (event === 'bridge.refused') this.#bridgeRefusals++
    else if (event === 'bridge.refused_more') this.#bridgeRefusals += count
  }

  /** A delivery of an outbox is over. */
  countDelivery(outbox: string, { kind }: DeliveryOutcome): void {
    const outcome = outcomeOf[kind]
    if (outcome !== undefined) this.deliveries.add(outbox, outcome)
  }
}
