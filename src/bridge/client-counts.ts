import type { BridgeClients, FromBridge } from '../messages/bridge-messages.ts'

const intervalMs = 500

/**
 * Tells the daemon how many clients each address has, at most twice a second: anybody can connect and
 * leave.
 */
export class ClientCounts {
  readonly #send: (message: FromBridge) => void
  readonly #count: () => BridgeClients[]
  #isToBeTold = false

  constructor(send: (message: FromBridge) => void, count: () => BridgeClients[]) {
    this.#send = send
    this.#count = count
  }

  /** A client has connected or left. */
  noteChange(): void {
    if (this.#isToBeTold) return
    this.#isToBeTold = true
    setTimeout(() => {
      this.#isToBeTold = false
      this.#send({ type: 'clients', clients: this.#count() })
    }, intervalMs).unref()
  }
}
