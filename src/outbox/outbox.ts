import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import type { OutboxCheck, QueueAnswer } from '../messages/outbox-api.ts'
import type { FromOutbox, OutboxLogFields, OutboxState } from '../messages/outbox-messages.ts'
import type { DeliveryOutcome } from '../messages/sender-messages.ts'
import { isSystemError } from '../files/system-error.ts'
import { runningMs } from '../schedule/clock.ts'
import { spoolTrouble } from '../spool/spool-trouble.ts'
import { Abandoned } from './abandoned.ts'
import { callerFields } from './caller-fields.ts'
import { type Acceptance, type HandedOver, Intake } from './intake.ts'
import { AcceptedIds, lifetimeMs } from './queue/accepted-ids.ts'
import { shownEntry, type Trouble } from './queue/shown-entry.ts'
import type { AccountPace } from './queue/account-pace.ts'
import { Queue, type QueueEntry, triedForMs } from './queue/queue.ts'
import { selfCheck } from './self-check.ts'
import { tagOf } from './spool/entry-id.ts'
import { queueEntryOf } from './spool/queue-entry-of.ts'
import { sentIds } from './spool/sent-marks.ts'
import { Spool } from './spool/spool.ts'

interface OutboxOptions {
  configuration: OutboxConfiguration
  pace: () => AccountPace
  send: (message: FromOutbox) => void
  /** Something may be due; what is, is to leave when this turn is over. */
  onChange: () => void
}

/** One [[outbox]]: what it accepts, what waits in it, and what becomes of that. */
export class Outbox {
  readonly queue = new Queue()
  readonly #options: OutboxOptions
  readonly #spool: Spool
  readonly #abandoned: Abandoned
  readonly #accepted = new AcceptedIds()
  readonly #intake: Intake
  #configuration: OutboxConfiguration
  /** Why the last delivery failed; undefined once one succeeded. */
  #lastTrouble: Trouble | undefined

  /** @throws NodeJS.ErrnoException where the spool cannot be used */
  constructor(options: OutboxOptions) {
    this.#options = options
    this.#configuration = options.configuration
    this.#spool = new Spool(options.configuration.spool)
    this.#abandoned = new Abandoned({
      spool: this.#spool,
      queue: this.queue,
      configuration: () => this.#configuration,
      send: options.send,
    })
    this.#intake = new Intake({
      spool: this.#spool,
      queue: this.queue,
      accepted: this.#accepted,
      abandoned: this.#abandoned,
      configuration: () => this.#configuration,
      onAccepted: (entry) => this.#noteAccepted(entry),
    })
    this.#spool.prepare()
    for (const stored of this.#spool.read()) {
      const entry = queueEntryOf(stored)
      this.queue.add(entry)
      this.#accepted.add(tagOf(entry.id), entry.id)
    }
    for (const id of sentIds(this.#spool.path, lifetimeMs)) this.#accepted.add(tagOf(id), id)
  }

  get configuration(): OutboxConfiguration {
    return this.#configuration
  }

  /** What holds from now on; the spool stays the same. */
  configure(configuration: OutboxConfiguration): void {
    this.#configuration = configuration
  }

  /**
   * Stores what callers hand over: it is on the disk then, as each of the answers says, which are in the
   * same order.
   */
  acceptAll(all: readonly HandedOver[]): Acceptance[] {
    return this.#intake.acceptAll(all)
  }

  /** The same for one; its name in the spool. @throws CmsOauthError as prepareMessage, OutboxFullError */
  accept(handedOver: HandedOver): string {
    const [acceptance] = this.acceptAll([handedOver])
    if (acceptance !== undefined && 'id' in acceptance) return acceptance.id
    throw acceptance?.error
  }

  /** What waits and what was abandoned: the caller's own, or everybody's. */
  list(isVisible: (uid: number) => boolean): QueueAnswer {
    const { name, account, perHour } = this.#configuration
    const entries = [...this.queue.all()].filter(({ uid }) => isVisible(uid))
    const messages = entries
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((entry) => {
        const limitMs = this.queue.limitWaitMs(entry, perHour)
        const accountMs = this.#options.pace().waitMs
        return shownEntry(entry, { limitMs, accountMs, trouble: this.#lastTrouble })
      })
    return { name, account, messages }
  }

  /** Removes a message for good. @throws NodeJS.ErrnoException */
  remove({ id, state }: QueueEntry): void {
    this.#spool.remove(id, state === 'failed' ? 'failed' : 'new')
    this.queue.remove(id)
    this.#options.onChange()
  }

  /** Has a message tried now, also one that was abandoned. @throws NodeJS.ErrnoException */
  retry(entry: QueueEntry): void {
    if (entry.state === 'failed' && this.#spool.move(entry.id, 'failed', 'new')) {
      // Its time begins again.
      const { failedAt: _, ...rest } = entry
      this.queue.add({ ...rest, ...untried(), state: 'waiting', failuresInARow: 0 })
    } else entry.failuresInARow = 0
    this.hurry()
  }

  /** Has all that waits tried now. */
  hurry(): void {
    this.#options.pace().hurry()
    this.#options.onChange()
  }

  /** Takes note of how a delivery went; where the disk does not, it waits for somebody. */
  settle(id: string, outcome: DeliveryOutcome): void {
    try {
      this.#settle(id, outcome)
    } catch (error) {
      if (!isSystemError(error)) throw error
      const entry = this.queue.find(id)
      if (entry === undefined) return
      this.#keep(entry, { kind: 'later', actor: 'you', ...spoolTrouble(this.#spool.path, error) })
    }
  }

  #settle(id: string, outcome: DeliveryOutcome): void {
    const entry = this.queue.find(id)
    // Deleted while it was sent: what the sender has written for the rest of its recipients goes too.
    if (entry === undefined) return this.#spool.remove(id, 'new')
    if (entry.state !== 'waiting') return
    const pace = this.#options.pace()
    switch (outcome.kind) {
      case 'gone':
        return this.#drop(id)
      case 'delivered':
        pace.succeeded()
        this.queue.countSent(entry)
        this.#abandoned.tellOfRecipients(entry, outcome.refused)
        if (outcome.refused.length > 0) this.#spool.remove(id, 'new')
        this.#drop(id)
        this.#log('info', 'outbox.delivered', entry)
        return this.#recover(pace)
      case 'refused':
        pace.succeeded()
        this.#abandoned.abandon(entry, outcome)
        return this.#recover(pace)
      case 'token_refused':
        return this.#keep(entry, { ...outcome, kind: 'later' })
      case 'later':
        return this.#keep(entry, outcome)
    }
  }

  /** Removes what was abandoned, or sent, long ago. */
  sweep(): void {
    this.#abandoned.sweep()
    sentIds(this.#spool.path, lifetimeMs)
  }

  /** For `doctor`. @throws NodeJS.ErrnoException where the spool is gone */
  check(): OutboxCheck {
    return selfCheck({ configuration: this.#configuration, queue: this.queue, spool: this.#spool })
  }

  /** For `status` and the metrics. */
  state(): OutboxState {
    const waiting = this.queue.waiting()
    const [oldest] = waiting
    return {
      name: this.#configuration.name,
      waiting: waiting.length,
      abandoned: this.queue.size - waiting.length,
      ...(oldest === undefined ? {} : { oldestAt: oldest.at }),
      ...(this.#lastTrouble && { lastReason: this.#lastTrouble.reason }),
    }
  }

  #noteAccepted(entry: QueueEntry): void {
    this.#log('info', 'outbox.accepted', entry)
    this.#options.onChange()
  }

  #keep(entry: QueueEntry, outcome: Extract<DeliveryOutcome, { kind: 'later' }>): void {
    const pace = this.#options.pace()
    const { actor, reason, hint, refused = [] } = outcome
    pace.failed(outcome, this.#configuration.retryMs)
    this.#lastTrouble = { reason, hint }
    entry.tries += 1
    entry.failuresInARow += 1
    Object.assign(entry, { reason, hint })
    const left = this.#spool.find('new', entry.id)
    if (left !== undefined) entry.recipients = left.head.rcpt
    if (actor !== 'nobody') {
      for (const each of this.queue.waiting()) Object.assign(each, untried())
    }
    const { id, tries } = entry
    this.#spool.remember(id, { tries, reason, hint, triedMs: triedForMs(entry) })
    this.#log('warn', 'outbox.waits', entry, { reason, hint, durationMs: Math.round(pace.waitMs) })
    this.#abandoned.tellOfRecipients(entry, refused)
    if (actor === 'nobody') this.#abandoned.expire(reason)
    else if (!pace.isStuckTold) {
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

  #drop(id: string): void {
    this.queue.remove(id)
    this.#spool.forget(id)
  }

  #tell(event: Extract<FromOutbox, { type: 'notice' }>['event'], reason: string): void {
    this.#options.send({ type: 'notice', event, outbox: this.#configuration.name, reason })
  }

  #log(level: 'info' | 'warn', event: string, entry: QueueEntry, more: OutboxLogFields = {}) {
    const user = this.#configuration.account
    const of = { user, ...callerFields(entry), count: entry.recipients.length, message: entry.id }
    this.#options.send({ type: 'log', level, event, fields: { ...of, ...more } })
  }
}

/** Its time begins now. */
function untried(): Pick<QueueEntry, 'triedMs' | 'sinceMs'> {
  return { triedMs: 0, sinceMs: runningMs() }
}
