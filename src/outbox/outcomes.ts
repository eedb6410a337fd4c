import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import { isSystemError } from '../files/system-error.ts'
import type { FromOutbox, OutboxLogFields } from '../messages/outbox-messages.ts'
import type { DeliveryOutcome, LaterOutcome } from '../messages/sender-messages.ts'
import { runningMs } from '../schedule/clock.ts'
import { spoolTrouble } from '../spool/spool-trouble.ts'
import type { Abandoned } from './abandoned.ts'
import { messageFields } from './caller-fields.ts'
import type { Digests } from './digest/digests.ts'
import type { AccountPace } from './queue/account-pace.ts'
import { countFailure, isWorthTelling, untried } from './queue/failed-try.ts'
import type { Queue, QueueEntry } from './queue/queue.ts'
import type { Trouble } from './queue/shown-entry.ts'
import type { Spool } from './spool/spool.ts'

interface OutcomesOptions {
  spool: Spool
  queue: Queue
  abandoned: Abandoned
  digests: Pick<Digests, 'takeApart'>
  configuration: () => OutboxConfiguration
  pace: () => AccountPace
  send: (message: FromOutbox) => void
}

type Refused = Extract<DeliveryOutcome, { kind: 'refused' }>

/** What becomes of the messages of an outbox that were tried, and who hears of it. */
export class Outcomes {
  readonly #options: OutcomesOptions
  /** Why the last delivery failed; undefined once one succeeded. */
  #lastTrouble: Trouble | undefined

  constructor(options: OutcomesOptions) {
    this.#options = options
  }

  get lastTrouble(): Trouble | undefined {
    return this.#lastTrouble
  }

  /** Takes note of how a delivery went; where the disk does not, it waits for somebody. */
  settle(id: string, outcome: DeliveryOutcome): void {
    try {
      this.#settle(id, outcome)
    } catch (error) {
      if (!isSystemError(error)) throw error
      const entry = this.#options.queue.find(id)
      if (entry === undefined) return
      this.#keep(entry, {
        kind: 'later',
        actor: 'you',
        ...spoolTrouble(this.#options.spool.path, error),
      })
    }
  }

  #settle(id: string, outcome: DeliveryOutcome): void {
    const entry = this.#options.queue.find(id)
    // Deleted while it was sent: what the sender has written for the rest of its recipients goes too.
    if (entry === undefined) return this.#options.spool.remove(id, 'new')
    if (entry.state !== 'waiting') return
    const pace = this.#options.pace()
    switch (outcome.kind) {
      case 'gone':
        this.#noteGone(entry)
        return this.#drop(id)
      case 'delivered':
        pace.succeeded()
        pace.deliveries += 1
        this.#options.queue.countSent(entry)
        this.#options.abandoned.tellOfRecipients(entry, outcome.refused)
        if (outcome.refused.length > 0) this.#options.spool.retire(id)
        this.#drop(id)
        this.#log('info', 'outbox.delivered', entry)
        return this.#recover(pace)
      case 'refused':
        return this.#refuse(entry, outcome)
      case 'token_refused':
        return this.#keep(entry, { ...outcome, kind: 'later' })
      case 'later':
        if (this.#isOfDigest(entry, outcome)) return this.#refuse(entry, outcome)
        return this.#keep(entry, outcome)
    }
  }

  /** A digest is refused again, and another message was not: the account is all right, and something in it is not. */
  #isOfDigest(entry: QueueEntry, { actor, isOfMessage, isUncertain }: LaterOutcome): boolean {
    if (entry.messages === undefined || isOfMessage !== true) return false
    if (actor === 'nobody' || isUncertain === true) return false
    const { deliveries } = this.#options.pace()
    const { refusedAfter = deliveries } = entry
    entry.refusedAfter = deliveries
    return deliveries > refusedAfter
  }

  /** One of the messages of a digest may be at fault; where its recipients are, all of them are for these. */
  #refuse(entry: QueueEntry, outcome: Refused | LaterOutcome): void {
    const { abandoned, digests, queue } = this.#options
    const pace = this.#options.pace()
    const { reason, hint } = outcome
    const isOfContent = outcome.kind === 'later' || outcome.isOfContent === true
    const became = isOfContent ? digests.takeApart(entry, { reason, hint }) : 'whole'
    if (outcome.kind === 'later' && became !== 'apart') return this.#keep(entry, outcome)
    if (became === 'later')
      return this.#keep(entry, { kind: became, actor: 'nobody', reason, hint })
    pace.succeeded()
    queue.countSent(entry)
    if (became === 'whole') abandoned.abandon(entry, { reason, hint })
    this.#recover(pace)
  }

  #keep(entry: QueueEntry, outcome: LaterOutcome): void {
    const pace = this.#options.pace()
    const { actor, reason, hint, refused = [] } = outcome
    const { retryMs } = this.#options.configuration()
    const aloneMs = pace.passOver(entry, outcome, retryMs)
    if (aloneMs === undefined) pace.failed(outcome, retryMs)
    this.#lastTrouble = { reason, hint }
    if (actor !== 'nobody') {
      for (const each of this.#options.queue.waiting()) Object.assign(each, untried())
    }
    this.#options.spool.remember(entry.id, countFailure(entry, outcome))
    if (aloneMs !== undefined) entry.notBeforeMs = runningMs() + aloneMs
    const left = this.#options.spool.find('new', entry.id)
    if (left !== undefined) entry.recipients = left.head.rcpt
    const waitMs = Math.max(pace.waitMs, this.#options.queue.ownWaitMs(entry))
    this.#log('warn', 'outbox.waits', entry, { reason, hint, durationMs: Math.round(waitMs) })
    this.#options.abandoned.tellOfRecipients(entry, refused)
    if (actor === 'nobody') this.#options.abandoned.expire(reason)
    if (pace.isStuckTold) return
    // Others may have been sent since this one was told of.
    const isNews = aloneMs === undefined || entry.tries === 1
    if ((actor !== 'nobody' && isNews) || isWorthTelling(entry, outcome)) {
      pace.isStuckTold = true
      this.#tell('outbox_stuck', hint === '' ? reason : `${reason}; ${hint}`)
    }
  }

  #recover(pace: AccountPace): void {
    this.#lastTrouble = undefined
    if (!pace.isStuckTold) return
    pace.isStuckTold = false
    this.#tell('outbox_recovered', 'mail is sent again')
  }

  #noteGone(entry: QueueEntry): void {
    if (this.#options.spool.wasSent(entry.id)) return this.#log('info', 'outbox.delivered', entry)
    this.#log('warn', 'outbox.lost', entry, { reason: 'its file was removed from the spool' })
  }

  #drop(id: string): void {
    this.#options.queue.remove(id)
    this.#options.spool.forget(id)
  }

  #tell(event: Extract<FromOutbox, { type: 'notice' }>['event'], reason: string): void {
    this.#options.send({
      type: 'notice',
      event,
      outbox: this.#options.configuration().name,
      reason,
    })
  }

  #log(level: 'info' | 'warn', event: string, entry: QueueEntry, more: OutboxLogFields = {}) {
    const of = messageFields(this.#options.configuration(), entry)
    this.#options.send({ type: 'log', level, event, fields: { ...of, ...more } })
  }
}
