import { type Child, type ChildEnd, reasonOfEnd } from '../../child-process/child.ts'
import { KeptChild } from '../../child-process/kept-child.ts'
import { type OwnMessage, startWatchedChild } from '../../child-process/watched-child.ts'
import type { Log, LogFields } from '../../logging/log.ts'
import type {
  BridgeClients,
  BridgeConnections,
  FromBridge,
  ToBridge,
} from '../../messages/bridge-messages.ts'
import { fromBridgeShape } from './bridge-shape.ts'

/** What a bridge's process is started with, and where to go with what it says. */
export interface BridgeChildOptions {
  modulePath: string
  env: NodeJS.ProcessEnv
  /** Of the sockets that it accepts from: see ChildProgram. */
  descriptors: readonly number[]
  log: Log
  /** What it is told at its start, as it is then. */
  configuration: () => ToBridge
  /** @returns what it is answered */
  onRequest: (request: Extract<FromBridge, { type: 'request' }>) => Promise<ToBridge>
  /** What it tells the log. */
  onEvent: (event: string, fields: LogFields) => void
  onConnections: (connections: BridgeConnections[]) => void
  /** How many programs are connected; by the process's own descriptors. */
  onClients: (clients: BridgeClients[]) => void
  /** What other processes have open, as it is then. */
  elsewhere: () => BridgeConnections[]
  /** It was retired, and is gone. */
  onRetired: () => void
}

const youngGenerationMiB = 1
const heartbeatLimitMs = 30_000

/** The process that accepts from one set of sockets, started again when it dies. */
export class BridgeChild {
  readonly #options: BridgeChildOptions
  readonly #kept: KeptChild<ToBridge>
  #isRetired = false

  constructor(options: BridgeChildOptions) {
    this.#options = options
    this.#kept = new KeptChild({
      start: (onEnd) => this.#start(onEnd),
      onRestart: (end, pauseMs) => this.#report(end, pauseMs),
    })
  }

  /** Tells it what has changed. */
  configure(): void {
    this.#kept.send(this.#options.configuration())
  }

  /** Tells it what other processes have open. */
  tellElsewhere(): void {
    this.#kept.send({ type: 'elsewhere', connections: this.#options.elsewhere() })
  }

  /** Lets it go on with whom it is connected to, and with nobody else. */
  retire(): void {
    this.#isRetired = true
    this.#kept.send({ type: 'retire' })
  }

  /** Ends it, after a moment for what is on its way. */
  close(): Promise<void> {
    return this.#kept.close()
  }

  #start(onEnd: (end: ChildEnd) => void): Child<ToBridge, FromBridge> {
    const { modulePath, env, descriptors, log } = this.#options
    const child = startWatchedChild<ToBridge, OwnMessage<FromBridge>>(
      { modulePath, env, descriptors, youngGenerationMiB },
      {
        name: 'bridge',
        log,
        shape: fromBridgeShape,
        heartbeatLimitMs,
        onMessage: (message) => this.#receive(message, child),
        onEnd,
      },
    )
    child.send(this.#options.configuration())
    child.send({ type: 'elsewhere', connections: this.#options.elsewhere() })
    return child
  }

  #receive(
    message: OwnMessage<FromBridge>,
    child: Pick<Child<ToBridge, FromBridge>, 'send'>,
  ): void {
    const { log, onRequest, onConnections, onEvent } = this.#options
    switch (message.type) {
      case 'request':
        return void onRequest(message).then((answer) => child.send(answer))
      case 'log':
        onEvent(message.event, message.fields)
        return log[message.level](message.event, message.fields)
      case 'connections':
        return onConnections(message.connections)
      case 'clients':
        return this.#options.onClients(message.clients)
      case 'idle':
        return this.#finish()
    }
  }

  #report(end: ChildEnd, delayMs: number): void {
    this.#options.onConnections([])
    this.#options.onClients([])
    // A successor would have nobody to serve.
    if (this.#isRetired) return queueMicrotask(() => this.#finish())
    this.#options.log.error('bridge.crashed', { reason: reasonOfEnd(end), delayMs })
  }

  #finish(): void {
    void this.#kept.close().then(() => this.#options.onRetired())
  }
}
