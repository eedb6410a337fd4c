import type { Outbox } from '../outbox.ts'
import type { HandedMessage } from '../intake.ts'

interface Waiting {
  handed: HandedMessage
  resolve: (id: string) => void
  reject: (error: unknown) => void
}

/** Stores together what callers hand over to an outbox in one turn of the event loop. */
export class Acceptances {
  readonly #outbox: Outbox
  #waiting: Waiting[] = []

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** Resolves with its name in the spool when it is on the disk. @throws as Outbox.accept */
  accept(handed: HandedMessage): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#acceptAll())
      this.#waiting.push({ handed, resolve, reject })
    })
  }

  #acceptAll(): void {
    const all = this.#waiting
    this.#waiting = []
    const acceptances = this.#outbox.acceptAll(all.map(({ handed }) => handed))
    for (const [index, acceptance] of acceptances.entries()) {
      if ('id' in acceptance) all[index]?.resolve(acceptance.id)
      else all[index]?.reject(acceptance.error)
    }
  }
}
