import { hostname } from 'node:os'
import { randomBytes } from 'node:crypto'
import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import { type CmsOauthError, isCmsOauthError } from '../errors.ts'
import type { FromOutbox } from '../messages/outbox-messages.ts'
import type { RefusedRecipient } from '../messages/sender-messages.ts'
import { userNameOf } from '../kernel/user-database.ts'
import { isOfSetClock } from '../schedule/set-clock.ts'
import { callerFields } from './caller-fields.ts'
import { HourlyLimit } from './queue/hourly-limit.ts'
import { ownerOf, type Queue, type QueueEntry, triedForMs } from './queue/queue.ts'
import type { Trouble } from './queue/shown-entry.ts'
import { entryId, isNotice } from './spool/entry-id.ts'
import type { Spool } from './spool/spool.ts'
import { storeMessage } from './store-message.ts'
import { createNotice, type Notice } from './submission/notice.ts'
import { splitMessage } from './submission/split-message.ts'
import { subjectOf } from './submission/prepare-message.ts'
import type { Caller, PreparedMessage, Submission } from './submission/submission.ts'

interface AbandonedOptions {
  spool: Spool
  queue: Queue
  configuration: () => OutboxConfiguration
  send: (message: FromOutbox) => void
}

const keptMs = 14 * 24 * 3_600_000
/** Notices that wait already say enough. */
const mostNotices = 100

/** What is not sent: it is kept for two weeks, and somebody hears of it. */
export class Abandoned {
  readonly #options: AbandonedOptions
  /** Notices by whose messages they are about. */
  readonly #told = new HourlyLimit()

  constructor(options: AbandonedOptions) {
    this.#options = options
  }

  /** A message can never be sent. */
  abandon(entry: QueueEntry, why: Trouble): void {
    const { spool, configuration, send } = this.#options
    const { id } = entry
    const message = spool.find('new', id)?.beginning ?? Buffer.alloc(0)
    if (!this.setAside({ ...entry, tries: entry.tries + 1 }, why)) return
    const { name: outbox } = configuration()
    send({ type: 'notice', event: 'message_given_up', outbox, reason: why.reason })
    if (!isNotice(id)) this.#tell(entry, message, why)
  }

  /** Keeps a message that is not to be sent where nobody need hear of it; false where it is gone. */
  setAside(entry: QueueEntry, { reason, hint }: Trouble): boolean {
    const { spool, queue, configuration, send } = this.#options
    const { id, tries } = entry
    if (!spool.move(id, 'new', 'failed')) {
      queue.remove(id)
      return false
    }
    const failedAt = Date.now()
    queue.add({ ...entry, state: 'failed', reason, hint, failedAt })
    spool.remember(id, { tries, reason, hint, failedAt })
    const fields = {
      user: configuration().account,
      ...callerFields(entry),
      message: id,
      reason,
      hint,
    }
    send({ type: 'log', level: 'warn', event: 'outbox.abandoned', fields })
    return true
  }

  /** Those whose time is over are not tried any more; the time before an account was usable does not count. */
  expire(reason: string): void {
    const { queue, configuration } = this.#options
    for (const entry of queue.waiting()) {
      if (triedForMs(entry) <= configuration().keepTryingMs) continue
      this.abandon(entry, {
        reason: `it was tried for too long: ${entry.reason ?? reason}`,
        hint: `"cms-oauth outbox retry ${entry.id}" has it tried for as long again`,
      })
    }
  }

  /** Some recipients were refused, for good, and others not. */
  tellOfRecipients(entry: QueueEntry, refused: readonly RefusedRecipient[]): void {
    if (refused.length === 0) return
    const message = this.#options.spool.find('new', entry.id)?.beginning ?? Buffer.alloc(0)
    const recipients = refused.map(({ recipient }) => recipient)
    const reason = [...new Set(refused.map((each) => each.reason))].join('; ')
    if (!isNotice(entry.id)) this.#tell({ ...entry, recipients }, message, { reason, hint: '' })
  }

  /** A message was too large to be accepted. */
  tellOfRefused({ uid, login, by }: Caller, submission: Submission, error: CmsOauthError): void {
    const { message, size, at } = submission
    const beginning = message.subarray(0, 64 * 1_024)
    const subject = subjectOf(splitMessage(beginning).fields)
    const about = { uid, login, ...(by && { by }), recipients: [], subject, size, at }
    this.#tell(about, beginning, { reason: error.message, hint: error.hint })
  }

  /** Removes what was abandoned long ago. @throws NodeJS.ErrnoException */
  sweep(): void {
    const { queue, spool } = this.#options
    const now = Date.now()
    for (const entry of queue.all()) {
      const { id, state, failedAt = 0 } = entry
      const isRecent = failedAt >= now - keptMs && failedAt <= now
      if (state !== 'failed' || isRecent) continue
      if (isOfSetClock(failedAt) && failedAt <= now) {
        spool.remove(id, 'failed')
        queue.remove(id)
      } else this.#dateFailure(entry, now)
    }
  }

  /** It was abandoned before the clock was set, or while it was wrong: its two weeks begin now. */
  #dateFailure(entry: QueueEntry, failedAt: number): void {
    const { queue, spool } = this.#options
    const { id, tries, reason = '', hint = '' } = entry
    queue.add({ ...entry, failedAt })
    spool.remember(id, { tries, reason, hint, failedAt })
  }

  #tell(
    about: Pick<QueueEntry, 'uid' | 'login' | 'by' | 'recipients' | 'subject' | 'size' | 'at'>,
    message: Buffer,
    { reason, hint }: Trouble,
  ): void {
    const { queue, configuration } = this.#options
    const { rules, perHour } = configuration()
    const waiting = queue.waiting().filter(({ id }) => isNotice(id))
    if (rules.noticeTo.length === 0 || waiting.length >= mostNotices) return
    // Who may send so many has no more sent by what cannot be sent.
    if (this.#told.waitMs(ownerOf(about), perHour) > 0) return
    this.#told.count(ownerOf(about))
    const at = Date.now()
    const id = entryId(at, randomBytes(6).toString('hex'), 'notice')
    const notice: Notice = {
      id,
      at,
      from: rules.from,
      to: rules.noticeTo,
      host: hostname().split('.')[0] ?? '',
      about: { ...about, acceptedAt: about.at, message },
      reason,
      hint,
    }
    this.#storeNotice({ id, at }, createNotice(notice))
  }

  /** A notice that cannot be stored is logged: nobody hears of what was not said. */
  #storeNotice(made: Pick<Submission, 'id' | 'at'>, prepared: PreparedMessage): void {
    const { configuration, send, spool, queue } = this.#options
    const uid = process.geteuid?.() ?? 0
    try {
      storeMessage({ spool, queue }, made, { uid, login: userNameOf(uid) }, prepared)
      spool.syncNames([])
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      const fields = { user: configuration().account, message: error.message, hint: error.hint }
      send({ type: 'log', level: 'warn', event: 'outbox.notice_lost', fields })
    }
  }
}
