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
}

/** What is done in the spool for digests, in steps under the lock of the sender: what was begun is ended first. */
export class DigestWork {
  readonly #world: DigestWorld
  #isFinished = false
  #isTroubleTold = false

  constructor(world: DigestWorld) {
    this.#world = world
  }

  /**
   * Ends what was begun by a process that was killed, or that the disk kept from it. False: a sender is at work, or the
   * disk refuses; nothing may be sent before.
   */
  isReady(): boolean {
    if (this.#isFinished) return true
    try {
      return this.#locked(() => this.#finish()) ?? false
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.tellTrouble(error)
      return false
    }
  }

  /**
   * What the work gives; it calls `begin` before it changes anything, and what it has begun is ended, or undone, whatever
   * it comes to. Undefined: a sender is at work, and it is not done. @throws NodeJS.ErrnoException
   */
  run<T>(work: (begin: () => void) => T): T | undefined {
    return this.#locked(() => {
      try {
        return work(() => (this.#isFinished = false))
      } finally {
        if (!this.#isFinished) this.#finish()
      }
    })
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

  #finish(): true {
    this.#note(finishDigests(this.#world.spool.path))
    this.#isFinished = true
    this.#isTroubleTold = false
    return true
  }

  #note({ held, retired, returned }: FinishedDigests): void {
    const { spool, queue, accepted } = this.#world
    const gone = new Set(retired)
    for (const [id, digest] of held) {
      if (accepted.keeperOf(tagOf(id)) !== digest) accepted.add(tagOf(id), id, digest)
      if (!gone.has(id) && queue.find(id)?.state !== 'waiting') continue
      this.#logHeld(id, digest)
      queue.remove(id)
      spool.forget(id)
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
