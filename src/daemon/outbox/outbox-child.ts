import { type Child, type ChildEnd, reasonOfEnd } from '../../child-process/child.ts'
import { KeptChild } from '../../child-process/kept-child.ts'
import { type OwnMessage, startWatchedChild } from '../../child-process/watched-child.ts'
import type { Log } from '../../logging/log.ts'
import type { FromOutbox, ToOutbox } from '../../messages/outbox-messages.ts'
import { fromOutboxShape } from './outbox-shape.ts'

/** What the outbox's process is started with, and where to go with what it says. */
export interface OutboxChildOptions {
  modulePath: string
  env: NodeJS.ProcessEnv
  /** Of the sockets that it accepts from: see ChildProgram. */
  descriptors: readonly number[]
  log: Log
  /** What it is told at its start, as it is then. */
  configuration: () => ToOutbox
  onMessage: (message: Exclude<OwnMessage<FromOutbox>, { type: 'log' }>) => void
}

const youngGenerationMiB = 4
const heartbeatLimitMs = 60_000

/** The process that takes mail and keeps it, started again when it dies. */
export class OutboxChild {
  readonly #options: OutboxChildOptions
  readonly #kept: KeptChild<ToOutbox>

  constructor(options: OutboxChildOptions) {
    this.#options = options
    this.#kept = new KeptChild({
      start: (onEnd) => this.#start(onEnd),
      onRestart: (end, delayMs) => {
        options.log.error('outbox.crashed', { reason: reasonOfEnd(end), delayMs })
      },
    })
  }

  /** Says it to the present process. */
  send(message: ToOutbox): void {
    this.#kept.send(message)
  }

  /** Ends it, after a moment for what is being handed over. */
  close(): Promise<void> {
    return this.#kept.close()
  }

  #start(onEnd: (end: ChildEnd) => void): Child<ToOutbox, FromOutbox> {
    const { modulePath, env, descriptors, log } = this.#options
    const child = startWatchedChild<ToOutbox, OwnMessage<FromOutbox>>(
      { modulePath, env, descriptors, youngGenerationMiB },
      {
        name: 'outbox',
        log,
        shape: fromOutboxShape,
        heartbeatLimitMs,
        onMessage: (message) => this.#receive(message),
        onEnd,
      },
    )
    child.send(this.#options.configuration())
    return child
  }

  #receive(message: OwnMessage<FromOutbox>): void {
    const { log, onMessage } = this.#options
    if (message.type === 'log') log[message.level](message.event, message.fields)
    else onMessage(message)
  }
}
