import { Child, type ChildEnd } from '../../child-process/child.ts'
import { KeptChild } from '../../child-process/kept-child.ts'
import type { Log } from '../../logging/log.ts'
import type { FromOutbox, ToOutbox } from '../../messages/outbox-messages.ts'
import type { ChildSignal } from '../../messages/child-signals.ts'
import { fromOutboxShape } from './outbox-shape.ts'

/** What the outbox's process is started with, and where to go with what it says. */
export interface OutboxChildOptions {
  modulePath: string
  env: NodeJS.ProcessEnv
  /** Of the sockets that it accepts from: 4, 5 and so on in its own. */
  descriptors: readonly number[]
  log: Log
  /** What it is told at its start, as it is then. */
  configuration: () => ToOutbox
  onMessage: (message: Exclude<FromOutbox, ChildSignal | { type: 'log' }>) => void
}

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
        const reason = 'reason' in end ? end.reason : `not started: ${end.notStarted.code}`
        options.log.error('outbox.crashed', { reason, delayMs })
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
    const child: Child<ToOutbox, FromOutbox> = new Child(
      { modulePath, env, descriptors },
      {
        shape: fromOutboxShape,
        onMessage: (message) => this.#receive(message),
        onMalformed: (reason) => log.error('outbox.malformed', { reason }),
        onEnd,
        heartbeat: {
          limitMs: heartbeatLimitMs,
          onSilence: (isStuck) => {
            if (!isStuck) return
            log.error('outbox.killed', { reason: 'no heartbeat' })
            child.kill()
          },
        },
      },
    )
    const { pid } = child
    log.debug('outbox.started', pid === undefined ? {} : { pid })
    child.send(this.#options.configuration())
    return child
  }

  #receive(message: FromOutbox): void {
    const { log, onMessage } = this.#options
    switch (message.type) {
      case 'heartbeat':
        return
      case 'crash': {
        const { kind, code, frames } = message.report
        const coded = code === undefined ? {} : { code }
        const fields = { reason: kind, stack: frames.join(' '), ...coded }
        return log.error('outbox.exception_caught', fields)
      }
      case 'log':
        return log[message.level](message.event, message.fields)
      case 'due':
      case 'state':
      case 'notice':
        return onMessage(message)
    }
  }
}
