import type { BrokerEvent } from '../../messages/control-api.ts'
import { isoTime } from '../../schedule/iso-time.ts'

/** Hands each event to everybody who listens at the moment. */
export class EventHub {
  readonly #listeners = new Set<(event: BrokerEvent) => void>()

  publish(event: Omit<BrokerEvent, 'time'>): void {
    const stamped = { time: isoTime(), ...event }
    for (const listener of this.#listeners) listener(stamped)
  }

  /** Returns the function that ends it. */
  subscribe(listener: (event: BrokerEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
