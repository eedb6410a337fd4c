import type { BrokerEvent } from '../control/api.ts'

/** Hands each event to everybody who listens at the moment. */
export class EventHub {
  readonly #listeners = new Set<(event: BrokerEvent) => void>()

  publish(event: Omit<BrokerEvent, 'time'>): void {
    const stamped = { time: new Date().toISOString(), ...event }
    for (const listener of this.#listeners) listener(stamped)
  }

  /** Returns the function that ends it. */
  subscribe(listener: (event: BrokerEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
