import type { BatchLog, LogFields } from '../../logging/log.ts'

interface AuditedReply {
  fields: LogFields
  send: () => void
}

/**
 * Tokens leave here, each after its line in the log. Those of one turn of the event loop have their
 * lines written in one go: a write for each would cost a tenth of the throughput.
 */
export class AuditedReplies {
  readonly #log: BatchLog
  #waiting: AuditedReply[] = []

  constructor(log: BatchLog) {
    this.#log = log
  }

  /** Logs `token.granted` and then sends: now if nobody else is being served, else within this turn. */
  add(reply: AuditedReply, isAlone: boolean): void {
    this.#waiting.push(reply)
    if (isAlone) this.#flush()
    else if (this.#waiting.length === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const replies = this.#waiting
    this.#waiting = []
    this.#log.together(() => {
      for (const { fields } of replies) this.#log.info('token.granted', fields)
    })
    for (const { send } of replies) send()
  }
}
