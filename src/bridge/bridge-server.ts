import type { Socket } from 'node:net'
import type { ConnectionBudget } from '../kernel/connection-budget.ts'
import { acceptedSocket } from './accepted-socket.ts'
import { Acceptor } from './acceptor.ts'
import { Booking } from './booking.ts'
import type { BridgeRules } from './bridge-rules.ts'
import { type BridgeParts, ConnectionGate } from './connection-gate.ts'
import { type LocalTls, converse } from './conversation.ts'
import { createDialogue } from './create-dialogue.ts'
import { departureOf } from './departure-of.ts'
import type { ClientTls, Entry } from './gate.ts'
import { fieldsOf, identifyRemote, originOf, type Remote } from './remote.ts'
import { isStillLetIn } from './still-let-in.ts'

interface BridgeServerOptions {
  fd: number
  /** As they are now. */
  rules: () => BridgeRules
  /** Undefined: there is to be TLS, and it cannot begin. */
  tls: () => LocalTls | undefined
  parts: BridgeParts
  budget: ConnectionBudget
  /** A connection was opened or closed. */
  onChange: () => void
}

/** One address that a bridge listens on, and its connections. */
export class BridgeServer {
  readonly #options: BridgeServerOptions
  readonly #acceptor: Acceptor
  readonly #piped = new Map<Socket, { entry: Entry; remote: Remote }>()
  #connections = 0

  constructor(options: BridgeServerOptions) {
    this.#options = options
    this.#acceptor = new Acceptor(options.fd, (accepted) => this.#serve(accepted))
  }

  /** Stops accepting; connections that are open go on. */
  retire(): void {
    this.#acceptor.close()
  }

  /** Closes the connections to mail servers of callers that would not be let in any more. */
  dropRefused(): void {
    const { rules, parts } = this.#options
    const { verifiers } = parts.passwords()
    for (const [client, who] of this.#piped) {
      if (!isStillLetIn(rules(), verifiers, who)) client.destroy()
    }
  }

  /** How many are open. */
  get connections(): number {
    return this.#connections
  }

  /**
   * Not awaited until the connection ends: what is only needed at the beginning would be kept for so long.
   */
  #serve(accepted: Socket): void {
    accepted.on('error', () => {})
    const remote = identifyRemote(accepted)
    if (remote === undefined) return void accepted.destroy()
    const { budget, rules, parts } = this.#options
    if (!rules().mayConnect(remote)) {
      accepted.destroy()
      return parts.strangers.report(remote)
    }
    let client: Socket | undefined
    const booking = new Booking({
      budget,
      newcomers: parts.newcomers,
      origin: originOf(remote),
      turnAway: () => client && this.#turnAway(client, remote),
    })
    if (!booking.begin()) return this.#turnAway(accepted, remote)
    client = acceptedSocket(accepted)?.on('error', () => {})
    if (client === undefined) {
      booking.end()
      return this.#turnAway(accepted, remote)
    }
    this.#keep(client, remote, booking)
  }

  #keep(client: Socket, remote: Remote, booking: Booking): void {
    const { onChange } = this.#options
    this.#connections += 1
    onChange()
    client.on('close', () => {
      booking.end()
      this.#connections -= 1
      this.#piped.delete(client)
      onChange()
    })
    this.#converse(client, remote, booking)
  }

  #converse(client: Socket, remote: Remote, booking: Booking): void {
    const { rules, parts } = this.#options
    const tls = this.#options.tls()
    const { protocol } = rules().configuration
    if (tls === undefined) return void client.destroy()
    let gate: ConnectionGate | undefined
    const gateFor = (tls: ClientTls) =>
      (gate = new ConnectionGate({
        // A reload holds for whoever is connected and not logged in, too.
        get rules() {
          return rules()
        },
        parts,
        remote,
        tls,
        departure: () => departureOf(client),
        booking,
      }))
    void converse({
      client,
      tls,
      createDialogue: (tls) => createDialogue(protocol, gateFor(tls)),
      log: parts.log,
      fields: () => fieldsOf(protocol, remote),
      onPiped: (entry) => this.#piped.set(client, { entry, remote }),
    }).then(() => gate?.tellDenied())
  }

  #turnAway(client: Socket, remote: Remote): void {
    client.destroy()
    const { parts, rules } = this.#options
    parts.log.warn('bridge.refused', {
      ...fieldsOf(rules().configuration.protocol, remote),
      reason: 'too many open connections',
    })
  }
}
