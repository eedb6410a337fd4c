import type { SubmitCommand } from '../command-line/sendmail-arguments.ts'
import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import { isCmsOauthError } from '../errors.ts'
import type { Abandoned } from './abandoned.ts'
import type { Digests } from './digest/digests.ts'
import { readMachine } from './machine.ts'
import type { AcceptedIds } from './queue/accepted-ids.ts'
import type { Queue, QueueEntry } from './queue/queue.ts'
import { requireQuota } from './queue/require-quota.ts'
import { entryId, submissionTag, tagOf } from './spool/entry-id.ts'
import type { Spool } from './spool/spool.ts'
import { storeMessage } from './store-message.ts'
import { prepareMessage } from './submission/prepare-message.ts'
import type { Caller, SmtpEnvelope } from './submission/submission.ts'

/** A message as a caller hands it over. */
export interface HandedMessage {
  caller: Caller
  order: SubmitCommand | SmtpEnvelope
  /** As the caller names it: what has the same one as before is not stored again. */
  id: string
  message: Buffer
  /** Of the whole, where only its beginning came. */
  size: number
}

/** The name that a message has in the spool, or why it has none. */
export type Acceptance = { id: string } | { error: unknown }

interface IntakeOptions {
  spool: Spool
  queue: Queue
  accepted: AcceptedIds
  abandoned: Abandoned
  digests: Pick<Digests, 'makeRoom'>
  configuration: () => OutboxConfiguration
  onAccepted: (entry: QueueEntry) => void
}

/** Stores what is handed over to an outbox. */
export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /**
   * Stores each, and answers when all are on the disk: with one sync of their names, since that takes a
   * third of what storing one takes. Where the sync fails none is accepted. An error is one of
   * prepareMessage, or OutboxFullError.
   */
  acceptAll(all: readonly HandedMessage[]): Acceptance[] {
    const { spool, digests, onAccepted } = this.#options
    const stored: QueueEntry[] = []
    // Before any is stored: what no sync has made stay is in no digest.
    for (const { caller } of all) digests.makeRoom(caller)
    const acceptances = all.map((each) => this.#acceptanceOf(each, stored))
    try {
      // Also for what was accepted before: who was killed may have synced nothing.
      if (acceptances.some((each) => 'id' in each)) spool.syncNames(stored.map(({ id }) => id))
    } catch (error) {
      for (const { id } of stored) this.#withdraw(id)
      return acceptances.map((each) => ('id' in each ? { error } : each))
    }
    for (const entry of stored) onAccepted(entry)
    return acceptances
  }

  #acceptanceOf(handed: HandedMessage, stored: QueueEntry[]): Acceptance {
    try {
      return { id: this.#store(handed, stored) }
    } catch (error) {
      return { error }
    }
  }

  #store({ caller, order, id, message, size }: HandedMessage, stored: QueueEntry[]): string {
    const { spool, queue, accepted, abandoned } = this.#options
    const { quota, rules } = this.#options.configuration()
    const tag = submissionTag(caller.uid, id)
    const earlier = accepted.find(tag)
    if (earlier !== undefined) return earlier
    requireQuota(queue, caller, { quota, bytes: message.length })
    const at = Date.now()
    const submission = { id: entryId(at, tag), at, message, size }
    try {
      const prepared = prepareMessage(order, submission, { caller, machine: readMachine(), rules })
      stored.push(storeMessage({ spool, queue }, submission, caller, prepared))
    } catch (error) {
      if (isCmsOauthError(error) && error.code === 'message_too_large') {
        abandoned.tellOfRefused(caller, submission, error)
      }
      throw error
    }
    accepted.add(tag, submission.id)
    return submission.id
  }

  #withdraw(id: string): void {
    this.#options.queue.remove(id)
    this.#options.accepted.remove(tagOf(id))
  }
}
