import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { isSystemError } from '../../files/system-error.ts'
import { lockFile } from '../../kernel/file-lock.ts'
import type { FromOutbox, OutboxLogFields } from '../../messages/outbox-messages.ts'
import { senderLock } from '../../spool/spool-folders.ts'
import { spoolTrouble } from '../../spool/spool-trouble.ts'
import { callerFields } from '../caller-fields.ts'
import type { AccountPace } from '../queue/account-pace.ts'
import type { AcceptedIds } from '../queue/accepted-ids.ts'
import type { Queue } from '../queue/queue.ts'
import { type FinishedDigests, finishDigests } from '../spool/digest-steps.ts'
import { tagOf } from '../spool/entry-id.ts'
import { atOnce, type InSteps } from '../spool/in-steps.ts'
import { emptyMarks } from '../spool/sent-marks.ts'
import { queueEntryOf } from '../spool/queue-entry-of.ts'
import type { Spool } from '../spool/spool.ts'

/** What the digests of an outbox are made in. */
export interface DigestWorld {
  spool: Spool
  queue: Queue
  accepted: AcceptedIds
  configuration: () => OutboxConfiguration
  pace: () => Pick<AccountPace, 'underWay'>
  send: (message: FromOutbox) => void
  /** What was begun is ended, and something may be sent. */
  onChange: () => void
}

/** After so many steps of a digest whoever waits for an answer has their turn: they take some milliseconds. */
const stepsAtOnce = 150

/** What is done in the spool for digests, in steps under the lock of the sender: what was begun is ended first. */
export class DigestWork {
  readonly #world: DigestWorld
  #isFinished = false
  #isTroubleTold = false
  #underWay: InSteps<void> | undefined
  #emptied: Promise<unknown> = Promise.resolve()

  constructor(world: DigestWorld) {
    this.#world = world
  }

  /** True while work goes on beside what else this process does: what it is about must not change meanwhile. */
  get isUnderWay(): boolean {
    return this.#underWay !== undefined
  }

  /**
   * Ends what was begun by a process that was killed, or that the disk kept from it. False: work is under way, a sender
   * is at work, or the disk refuses; nothing may be sent before.
   */
  isReady(): boolean {
    if (this.isUnderWay) return false
    if (this.#isFinished) return true
    try {
      return this.#locked(() => atOnce(this.#finish())) ?? false
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.tellTrouble(error)
      return false
    }
  }

  /**
   * Begins work, and goes on with it beside what else this process does. The work calls `begin` before it changes
   * anything, and what it has begun is ended, or undone, whatever it comes to. Nothing is done while a sender is at work.
   */
  start(work: (begin: () => void) => InSteps<void>): void {
    const lock = lockFile(senderLock(this.#world.spool.path))
    if (lock === undefined) return
    const whole = this.#whole(work)
    this.#underWay = (function* () {
      try {
        yield* whole
      } finally {
        lock.close()
      }
    })()
    if (!this.#goOn()) this.#goOnSoon(this.#underWay)
  }

  /** Does the rest of what is under way now. */
  end(): void {
    while (!this.#goOn());
  }

  /** The same; resolves when no file of the spool is open any more. */
  async close(): Promise<void> {
    this.end()
    await this.#emptied
  }

  /**
   * What the work gives, all of it at once; see `start`. Undefined: a sender is at work, and it is not done.
   * @throws NodeJS.ErrnoException
   */
  run<T>(work: (begin: () => void) => InSteps<T>): T | undefined {
    this.end()
    return this.#locked(() => atOnce(this.#ended(work)))
  }

  /** Says once that the disk refuses, until it does not. */
  tellTrouble(error: NodeJS.ErrnoException): void {
    if (this.#isTroubleTold) return
    this.#isTroubleTold = true
    const { spool, configuration, send } = this.#world
    const { reason: message, hint } = spoolTrouble(spool.path, error)
    const fields = { user: configuration().account, path: spool.path, message, hint }
    send({ type: 'log', level: 'warn', event: 'outbox.unusable', fields })
  }

  /** True where nothing is under way any more. */
  #goOn(): boolean {
    for (let step = 0; step < stepsAtOnce && this.#underWay !== undefined; step++) {
      if (this.#underWay.next().done === true) this.#underWay = undefined
    }
    return this.#underWay === undefined
  }

  #goOnSoon(work: InSteps<void>): void {
    setImmediate(() => {
      if (this.#underWay === work && !this.#goOn()) this.#goOnSoon(work)
      else this.#world.onChange()
    })
  }

  *#whole(work: (begin: () => void) => InSteps<void>): InSteps<void> {
    try {
      yield* this.#ended(work)
    } catch (error) {
      // Each is sent on its own where that is undone.
      if (!isSystemError(error)) throw error
      this.tellTrouble(error)
    }
  }

  *#ended<T>(work: (begin: () => void) => InSteps<T>): InSteps<T> {
    try {
      return yield* work(() => (this.#isFinished = false))
    } finally {
      if (!this.#isFinished) yield* this.#finish()
    }
  }

  /** @throws NodeJS.ErrnoException */
  #locked<T>(work: () => T): T | undefined {
    const lock = lockFile(senderLock(this.#world.spool.path))
    if (lock === undefined) return undefined
    try {
      return work()
    } finally {
      lock.close()
    }
  }

  *#finish(): InSteps<true> {
    const { spool } = this.#world
    const finished = yield* finishDigests(spool.path)
    yield* this.#note(finished)
    this.#emptied = Promise.all([this.#emptied, emptyMarks(spool.path, finished.marked)])
    this.#isFinished = true
    this.#isTroubleTold = false
    return true
  }

  *#note({ held, retired, returned }: FinishedDigests): InSteps<void> {
    const { spool, queue, accepted } = this.#world
    const gone = new Set(retired)
    for (const [id, digest] of held) {
      if (accepted.keeperOf(tagOf(id)) !== digest) accepted.add(tagOf(id), id, digest)
      if (!gone.has(id) && queue.find(id)?.state !== 'waiting') continue
      this.#logHeld(id, digest)
      queue.remove(id)
      spool.forget(id)
      yield
    }
    for (const id of new Set([...returned, ...held.values()])) {
      const stored = queue.find(id) === undefined ? spool.find('new', id) : undefined
      if (stored !== undefined) queue.add(queueEntryOf(stored))
    }
  }

  #logHeld(message: string, digest: string): void {
    const { queue, configuration, send } = this.#world
    const entry = queue.find(message)
    const fields: OutboxLogFields = {
      user: configuration().account,
      ...(entry && callerFields(entry)),
      message,
      reason: `it is in the digest ${digest}`,
    }
    send({ type: 'log', level: 'info', event: 'outbox.digested', fields })
  }
}
