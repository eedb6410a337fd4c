import type { BridgeClients, FromBridge } from '../messages/bridge-messages.ts'

const intervalMs = 500

/** Tells the daemon how many are connected where, at most twice a second: anybody can connect and leave. */
export class ClientCounts {
  readonly #send: (message: FromBridge) => void
  readonly #count: () => BridgeClients[]
  #isToBeTold = false

  constructor(send: (message: FromBridge) => void, count: () => BridgeClients[]) {
    this.#send = send
    this.#count = count
  }

  /** Somebody has come, or is gone. */
  noteChange(): void {
    if (this.#isToBeTold) return
    this.#isToBeTold = true
    setTimeout(() => {
      this.#isToBeTold = false
      this.#send({ type: 'clients', clients: this.#count() })
    }, intervalMs).unref()
  }
}
