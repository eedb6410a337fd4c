import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import type { OutboxCheck, QueueAnswer, QueuedMessage } from '../messages/outbox-api.ts'
import { isCmsOauthError } from '../errors.ts'
import type { FromOutbox, OutboxState } from '../messages/outbox-messages.ts'
import type { DeliveryOutcome } from '../messages/sender-messages.ts'
import { Digests } from './digest/digests.ts'
import { Abandoned } from './abandoned.ts'
import { messageFields } from './caller-fields.ts'
import { type Acceptance, type HandedMessage, Intake } from './intake.ts'
import { AcceptedIds } from './queue/accepted-ids.ts'
import { due, untried } from './queue/failed-try.ts'
import { firstOf, shownEntry } from './queue/shown-entry.ts'
import type { AccountPace } from './queue/account-pace.ts'
import { Outcomes } from './outcomes.ts'
import { readSpool, type SpoolParts } from './read-spool.ts'
import { Queue, type QueueEntry } from './queue/queue.ts'
import { selfCheck } from './self-check.ts'
import { takenIds } from './spool/digest-steps.ts'
import { tagOf } from './spool/entry-id.ts'
import { sentIds } from './spool/sent-marks.ts'
import { Spool } from './spool/spool.ts'

interface OutboxOptions {
  configuration: OutboxConfiguration
  pace: () => AccountPace
  send: (message: FromOutbox) => void
  /** Something may be due; what is, is to leave when this turn is over. */
  onChange: () => void
}

/** A digest that is begun is ended as soon as the sender, or the disk, lets it. */
const unfinishedMs = 1_000

/** One [[outbox]]: what it accepts, what waits in it, and what becomes of that. */
export class Outbox {
  readonly queue = new Queue()
  readonly #options: OutboxOptions
  readonly #spool: Spool
  readonly #abandoned: Abandoned
  readonly #accepted = new AcceptedIds((id) => this.queue.find(id) !== undefined)
  readonly #intake: Intake
  readonly #outcomes: Outcomes
  readonly #digests: Digests
  readonly #parts: SpoolParts
  #configuration: OutboxConfiguration
  #isOpen = false

  /** It reads its spool with `configure`, or with the first that is asked of it. */
  constructor(options: OutboxOptions) {
    this.#options = options
    this.#configuration = options.configuration
    this.#spool = new Spool(options.configuration.spool)
    const world = {
      ...options,
      spool: this.#spool,
      queue: this.queue,
      configuration: () => this.#configuration,
    }
    this.#abandoned = new Abandoned(world)
    this.#digests = new Digests({ ...world, accepted: this.#accepted })
    const accepted = this.#accepted
    const parts = { ...world, accepted, abandoned: this.#abandoned, digests: this.#digests }
    this.#parts = parts
    this.#outcomes = new Outcomes(parts)
    this.#intake = new Intake({ ...parts, onAccepted: (entry) => this.#noteAccepted(entry) })
  }

  get configuration(): OutboxConfiguration {
    return this.#configuration
  }

  /**
   * What holds from now on; the spool stays the same, and is made again where somebody removed it.
   * @throws NodeJS.ErrnoException where it cannot be used
   */
  configure(configuration: OutboxConfiguration): void {
    this.#digests.end()
    this.#configuration = configuration
    this.#spool.prepare()
    if (!this.#isOpen) this.#open()
  }

  /**
   * Stores what callers hand over: it is on the disk then, as each of the answers says, which are in the
   * same order.
   */
  acceptAll(all: readonly HandedMessage[]): Acceptance[] {
    try {
      this.#requireOpen()
      const acceptances = this.#intake.acceptAll(all)
      // A notice may have come of what was too large.
      if (acceptances.some((each) => 'error' in each)) this.#options.onChange()
      return acceptances
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      return all.map(() => ({ error }))
    }
  }

  /** The same for one; its name in the spool. @throws CmsOauthError as prepareMessage, OutboxFullError */
  accept(handed: HandedMessage): string {
    const [acceptance] = this.acceptAll([handed])
    if (acceptance !== undefined && 'id' in acceptance) return acceptance.id
    throw acceptance?.error
  }

  /**
   * What waits and what was abandoned, as far as it is wanted, the oldest first.
   * @throws OutboxFullError where the spool cannot be used
   */
  list(isWanted: (entry: QueueEntry) => boolean): QueueAnswer {
    this.#requireOpen()
    const { name, account } = this.#configuration
    const entries = [...this.queue.all()].filter(isWanted)
    const sorted = entries.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const messages = firstOf(sorted, (entry) => this.#shown(entry))
    const omitted = entries.length - messages.length
    return { name, account, messages, ...(omitted > 0 && { omitted }) }
  }

  /** A message, for `remove` and `retry`; what is about to get into a digest is there no more. */
  find(id: string): QueueEntry | undefined {
    this.#digests.end()
    return this.queue.find(id)
  }

  /** Removes a message for good. @throws NodeJS.ErrnoException */
  remove({ id, state, tries }: QueueEntry): void {
    this.#spool.remove(id, state === 'failed' ? 'failed' : 'new')
    this.queue.remove(id)
    // Perhaps the others have waited for its sake alone.
    if (state === 'waiting' && tries > 0) this.hurry()
    else this.#options.onChange()
  }

  /** Has a message tried now, also one that was abandoned. @throws NodeJS.ErrnoException */
  retry(entry: QueueEntry): void {
    this.#digests.end()
    if (entry.state === 'failed' && this.#spool.move(entry.id, 'failed', 'new')) {
      this.#spool.forgetSent(entry.id)
      // Its time begins again.
      const { failedAt: _, ...rest } = entry
      this.queue.add({ ...rest, ...untried(), ...due, state: 'waiting' })
    } else Object.assign(entry, due)
    this.hurry()
  }

  /** Has all that waits tried now. */
  hurry(): void {
    this.#options.pace().hurry()
    this.#options.onChange()
  }

  /** The next to be sent, or in how many ms there may be one; undefined: none waits. */
  next(): { id: string } | { waitMs: number } | undefined {
    if (!this.#digests.isReady()) return { waitMs: unfinishedMs }
    return this.queue.next(this.#configuration.perHour)
  }

  /** What is sent where that is the next: itself, or the digest that holds it from now on; undefined: not now. */
  takeUp(id: string): string | undefined {
    return this.#digests.takeUp(id)
  }

  /** Takes note of how a delivery went. */
  settle(id: string, outcome: DeliveryOutcome): void {
    this.#digests.end()
    this.#outcomes.settle(id, outcome)
  }

  /** It is not asked for anything any more; resolves when no file of its spool is open. */
  close(): Promise<void> {
    return this.#digests.close()
  }

  /** Removes what was abandoned, or sent, long ago. */
  sweep(): void {
    this.#digests.end()
    this.#abandoned.sweep()
    sentIds(this.#spool.path)
  }

  /** For `doctor`. @throws NodeJS.ErrnoException where the spool is gone */
  check(): OutboxCheck {
    this.#requireOpen()
    this.#digests.end()
    return selfCheck({ configuration: this.#configuration, queue: this.queue, spool: this.#spool })
  }

  /** For `status` and the metrics. */
  state(): OutboxState {
    const waiting = this.queue.waiting()
    const [oldest] = waiting
    const { lastTrouble } = this.#outcomes
    return {
      name: this.#configuration.name,
      waiting: waiting.length,
      abandoned: this.queue.size - waiting.length,
      ...(oldest === undefined ? {} : { oldestAt: oldest.at }),
      ...(lastTrouble && { lastReason: lastTrouble.reason }),
    }
  }

  /** A spool that could not be used may be there by now: whoever asks need not wait for a restart. */
  #requireOpen(): void {
    if (this.#isOpen) return
    try {
      this.#spool.prepare()
      this.#open()
    } catch (error) {
      throw this.#spool.refusal(error)
    }
  }

  #open(): void {
    const isFinished = this.#digests.isReady()
    const sent = new Set(sentIds(this.#spool.path))
    for (const id of isFinished ? sent : [...sent, ...takenIds(this.#spool.path)])
      this.#accepted.add(tagOf(id), id)
    readSpool(this.#parts, sent)
    this.#isOpen = true
  }

  /**
   * Has what was stored by others since it was opened: the process before, whose daemon was killed, ends what is being
   * handed over to it. @throws NodeJS.ErrnoException
   */
  readAgain(): void {
    if (!this.#isOpen) return
    this.#digests.end()
    readSpool(this.#parts, new Set(sentIds(this.#spool.path)))
    this.#options.onChange()
  }

  #shown(entry: QueueEntry): QueuedMessage {
    return shownEntry(entry, {
      ownMs: this.queue.ownWaitMs(entry),
      limitMs: this.queue.limitWaitMs(entry, this.#configuration.perHour),
      accountMs: this.#options.pace().waitMs,
      trouble: this.#outcomes.lastTrouble,
    })
  }

  #noteAccepted(entry: QueueEntry): void {
    const fields = messageFields(this.#configuration, entry)
    this.#options.send({ type: 'log', level: 'info', event: 'outbox.accepted', fields })
    this.#options.onChange()
  }
}
