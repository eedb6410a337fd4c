import { randomBytes } from 'node:crypto'
import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { isSystemError } from '../../files/system-error.ts'
import { lockFile } from '../../kernel/file-lock.ts'
import type { FromOutbox, OutboxLogFields } from '../../messages/outbox-messages.ts'
import { entryVersion } from '../../spool/entry.ts'
import { senderLock } from '../../spool/spool-folders.ts'
import { spoolTrouble } from '../../spool/spool-trouble.ts'
import { callerFields } from '../caller-fields.ts'
import { readMachine } from '../machine.ts'
import type { AcceptedIds } from '../queue/accepted-ids.ts'
import type { Queue, QueueEntry } from '../queue/queue.ts'
import { type FinishedDigests, finishDigests, placeDigest } from '../spool/digest-steps.ts'
import { entryId, tagOf } from '../spool/entry-id.ts'
import { queueEntryOf } from '../spool/queue-entry-of.ts'
import type { Spool } from '../spool/spool.ts'
import { Aliases } from '../submission/aliases.ts'
import type { PreparedMessage } from '../submission/submission.ts'
import { canJoin } from './can-join.ts'
import { bytesInDigest, createDigest, type HeldMessage } from './create-digest.ts'
import { floodOf } from './flood.ts'

interface DigestsOptions {
  spool: Spool
  queue: Queue
  accepted: AcceptedIds
  configuration: () => OutboxConfiguration
  send: (message: FromOutbox) => void
}

/** A list of more is not read. */
const mostMessages = 500
/** Mail servers that refuse large messages accept this; and it is held in memory twice while it is made. */
const mostBytes = 8 * 1_024 ** 2

/** Puts what one caller sends too much of, and all alike, into one mail each time that one may be sent. */
export class Digests {
  readonly #options: DigestsOptions
  #isFinished = false
  #isTroubleTold = false

  constructor(options: DigestsOptions) {
    this.#options = options
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
      this.#tellTrouble(error)
      return false
    }
  }

  /**
   * What is to be sent where it is the turn of a message: that, or the digest that holds it from now on.
   * Undefined: nothing for the moment.
   */
  takeUp(id: string): string | undefined {
    const { queue, configuration } = this.#options
    const { digestAbove } = configuration()
    const entry = queue.find(id)
    if (entry === undefined || digestAbove === 0) return id
    const flood = floodOf(entry, queue.all(), digestAbove)
    if (flood.length === 0 || !this.#isForThisMachine(entry)) return id
    return this.#replace(id, flood)
  }

  #replace(id: string, flood: readonly QueueEntry[]): string | undefined {
    let digest: string | undefined
    try {
      this.#locked(() => {
        try {
          digest = this.#place(flood)
        } finally {
          if (digest !== undefined || !this.#isFinished) this.#finish()
        }
      })
    } catch (error) {
      // Each is sent on its own where that is undone.
      if (!isSystemError(error)) throw error
      this.#tellTrouble(error)
    }
    if (!this.isReady()) return undefined
    return this.#options.queue.find(id) === undefined ? digest : id
  }

  /** The name of the digest; undefined where there are not enough that can be in one. */
  #place(flood: readonly QueueEntry[]): string | undefined {
    const { spool, configuration } = this.#options
    const held = this.#read(flood)
    const [first] = held
    const [oldest] = flood
    if (first === undefined || oldest === undefined || held.length < 2) return undefined
    const { rules } = configuration()
    const { uid, login, by, recipients } = oldest
    const caller = { uid, login, ...(by && { by }) }
    const id = entryId(first.at, randomBytes(6).toString('hex'), 'digest')
    const prepared = createDigest({
      id,
      at: Date.now(),
      caller,
      host: readMachine().host.split('.')[0] ?? '',
      rules,
      recipients,
      held,
      boundary: randomBytes(16).toString('hex'),
    })
    if (spool.freeBytes() < prepared.message.length) return undefined
    this.#isFinished = false
    placeDigest(
      spool.path,
      headOf({ id, at: first.at, ...caller }, held, prepared),
      prepared.message,
    )
    return id
  }

  /** As many as fit into one digest, the oldest first; none where that cannot be a part of one, or too few can. */
  #read(flood: readonly QueueEntry[]): HeldMessage[] {
    const { spool, configuration } = this.#options
    const { digestAbove, rules } = configuration()
    const limit = Math.min(rules.maxSize, mostBytes)
    const held: HeldMessage[] = []
    let bytes = 4_096
    let left = flood.length
    for (const entry of flood) {
      if (held.length === mostMessages) break
      const { id, at, subject, size } = entry
      if (bytes + size > limit) break
      const message = spool.readMessage(id)
      if (message === undefined || !canJoin(message, entry.recipients)) {
        entry.staysAlone = true
        left -= 1
        if (held.length === 0) return []
        continue
      }
      bytes += bytesInDigest({ subject, message })
      if (bytes > limit) break
      held.push({ id, at, subject, message })
    }
    return left > digestAbove ? held : []
  }

  #finish(): true {
    this.#note(finishDigests(this.#options.spool.path))
    this.#isFinished = true
    this.#isTroubleTold = false
    return true
  }

  #note({ held, retired, returned }: FinishedDigests): void {
    const { spool, queue, accepted } = this.#options
    const gone = new Set(retired)
    for (const [id, digest] of held) {
      accepted.add(tagOf(id), id)
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

  /** No letter to somebody else becomes a part of a digest, and no patch: these are addresses that reports go to. */
  #isForThisMachine({ recipients }: QueueEntry): boolean {
    const { rules } = this.#options.configuration()
    const aliases = new Aliases(rules, readMachine())
    const told = new Set(rules.noticeTo.map((address) => address.toLowerCase()))
    return recipients.every(
      (address) => told.has(address.toLowerCase()) || aliases.isTarget(address),
    )
  }

  /** What the work gives; undefined: a sender is at work, and it is not done. @throws NodeJS.ErrnoException */
  #locked<T>(work: () => T): T | undefined {
    const lock = lockFile(senderLock(this.#options.spool.path))
    if (lock === undefined) return undefined
    try {
      return work()
    } finally {
      lock.close()
    }
  }

  #logHeld(message: string, digest: string): void {
    const { queue, configuration, send } = this.#options
    const entry = queue.find(message)
    const fields: OutboxLogFields = {
      user: configuration().account,
      ...(entry && callerFields(entry)),
      message,
      reason: `it is in the digest ${digest}`,
    }
    send({ type: 'log', level: 'info', event: 'outbox.digested', fields })
  }

  #tellTrouble(error: NodeJS.ErrnoException): void {
    if (this.#isTroubleTold) return
    this.#isTroubleTold = true
    const { spool, configuration, send } = this.#options
    const { reason: message, hint } = spoolTrouble(spool.path, error)
    const fields = { user: configuration().account, path: spool.path, message, hint }
    send({ type: 'log', level: 'warn', event: 'outbox.unusable', fields })
  }
}

function headOf(
  accepted: { id: string; at: number; uid: number; login: string },
  held: readonly HeldMessage[],
  { recipients, message, messageId, from }: PreparedMessage,
) {
  return {
    v: entryVersion,
    ...accepted,
    rcpt: recipients,
    size: message.length,
    message_id: messageId,
    ...(from !== undefined && { from }),
    holds: held.map(({ id }) => id),
  }
}
