import { randomBytes } from 'node:crypto'
import { entryVersion, type SpoolEntry } from '../../spool/entry.ts'
import { isWaiting } from '../../spool/spool-folders.ts'
import { messageFields } from '../caller-fields.ts'
import { readMachine } from '../machine.ts'
import { ownerOf, type QueueEntry } from '../queue/queue.ts'
import type { Trouble } from '../queue/shown-entry.ts'
import { placeDigest, replaceDigest } from '../spool/digest-steps.ts'
import { entryId, isDigest } from '../spool/entry-id.ts'
import type { InSteps } from '../spool/in-steps.ts'
import { Aliases } from '../submission/aliases.ts'
import type { PreparedMessage } from '../submission/submission.ts'
import { canJoin } from './can-join.ts'
import { bytesInDigest, createDigest, type HeldMessage } from './create-digest.ts'
import { DigestWork, type DigestWorld } from './digest-work.ts'
import { floodOf, largestFlood } from './flood.ts'
import { FloodSearch } from './flood-search.ts'
import { heldEntries } from './held-entries.ts'

/** A list of more is not read. */
const mostMessages = 500
/** Mail servers that refuse large messages accept this; and it is held in memory twice while it is made. */
const mostBytes = 8 * 1_024 ** 2

/** What becomes of the messages of a digest that was refused. */
export type Apart =
  /** Each waits on its own. */
  | 'apart'
  /** It is not one, or cannot be read. */
  | 'whole'
  /** A sender is at work. */
  | 'later'

/** Puts what one caller sends too much of, and all alike, into one mail each time that one may be sent. */
export class Digests {
  readonly #options: DigestWorld
  readonly #work: DigestWork
  readonly #search = new FloodSearch()
  /** The message whose turn it was when the work began that is not over. */
  #askedFor: string | undefined

  constructor(options: DigestWorld) {
    this.#options = options
    this.#work = new DigestWork(options)
  }

  /** False: what was begun with a digest is not ended; nothing may be sent before. */
  isReady(): boolean {
    return this.#work.isReady()
  }

  /**
   * What is to be sent where it is the turn of a message: that, or the digest that holds it from now on.
   * Undefined: nothing for the moment.
   */
  takeUp(id: string): string | undefined {
    const { queue, configuration } = this.#options
    const { digestAbove } = configuration()
    const entry = queue.find(id)
    const wasAskedFor = this.#askedFor === id
    this.#askedFor = undefined
    // The work for it has come to nothing where its turn is there again.
    if (entry === undefined || digestAbove === 0 || wasAskedFor) return id
    const flood = floodOf(entry, queue.all(), digestAbove)
    if (flood.length === 0 || !this.#isForThisMachine(entry)) return id
    return this.#replace(id, flood)
  }

  /** Ends what is under way: what it is about is to be changed. */
  end(): void {
    this.#work.end()
  }

  /** The same, for good; resolves when no file of the spool is open any more. */
  close(): Promise<void> {
    return this.#work.close()
  }

  /**
   * Has what waits of a caller count as less, where as many are alike as one digest has, or where the caller may have no
   * more: a flood of one kind keeps out no mail of another.
   */
  makeRoom(caller: Pick<QueueEntry, 'uid' | 'login'>): void {
    const { queue, configuration, pace } = this.#options
    const { digestAbove, perHour, quota } = configuration()
    const isFull = () => queue.usedBy(caller).messages >= quota.messages
    if (isFull()) this.end()
    const { messages } = queue.usedBy(caller)
    const full = Math.min(mostMessages, Math.ceil(quota.messages / 2))
    if (digestAbove === 0 || messages < full || this.#work.isUnderWay) return
    if (!this.#search.isDue(ownerOf(caller), messages, quota.messages) || !this.isReady()) return
    const above = messages < quota.messages ? Math.max(digestAbove, full - 1) : digestAbove
    const onItsWay = pace().underWay?.id
    const late = queue.beyondHour(caller, perHour).filter(({ id }) => id !== onItsWay)
    const flood = largestFlood(late, above)
    const [first] = flood
    if (first === undefined || !this.#isForThisMachine(first)) return
    this.#start(flood)
    if (isFull()) this.end()
  }

  /**
   * Has what a digest holds that was refused wait again, each on its own; nothing of it becomes a part of another one.
   * @throws NodeJS.ErrnoException where the disk refuses that; it may be done all the same
   */
  takeApart({ id }: QueueEntry, why: Trouble): Apart {
    const { spool, configuration } = this.#options
    if (!isDigest(id)) return 'whole'
    let held: SpoolEntry[] | undefined
    try {
      const came = this.#work.run(function* (begin): InSteps<Apart> {
        const entry = spool.readWhole(id)
        held = entry && heldEntries(entry, configuration().rules)
        if (held === undefined) return 'whole'
        begin()
        yield* replaceDigest(spool.path, id, held)
        return 'apart'
      })
      return came ?? 'later'
    } finally {
      if (held !== undefined && !isWaiting(spool.path, id)) this.#noteApart(id, held, why)
    }
  }

  #noteApart(digest: string, held: readonly SpoolEntry[], { reason, hint }: Trouble): void {
    const { spool, queue, configuration, send } = this.#options
    const entry = queue.find(digest)
    if (entry === undefined) return
    queue.remove(digest)
    spool.forget(digest)
    const fields = { ...messageFields(configuration(), entry), count: held.length, reason, hint }
    send({ type: 'log', level: 'warn', event: 'outbox.digest_refused', fields })
    for (const { head } of held) {
      const apart = queue.find(head.id)
      if (apart !== undefined) Object.assign(apart, ofDigest(reason, held.length))
    }
  }

  /** What is sent now; undefined: nothing before the work is over. */
  #replace(id: string, flood: readonly QueueEntry[]): string | undefined {
    const begun = this.#start(flood)
    if (this.#work.isUnderWay) this.#askedFor = id
    if (!this.isReady()) return undefined
    return this.#options.queue.find(id) === undefined ? begun.digest : id
  }

  #start(flood: readonly QueueEntry[]): { digest?: string } {
    const begun: { digest?: string } = {}
    this.#work.start((begin) => this.#place(flood, begin, begun))
    return begun
  }

  /** Names the digest where there are enough that can be in one. */
  *#place(
    flood: readonly QueueEntry[],
    begin: () => void,
    begun: { digest?: string },
  ): InSteps<void> {
    const { spool, configuration } = this.#options
    const held = yield* this.#read(flood)
    const [first] = held
    const [oldest] = flood
    if (first === undefined || oldest === undefined || held.length < 2) return
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
    if (spool.freeBytes() < prepared.message.length) return
    begin()
    const head = headOf({ id, at: first.at, ...caller }, held, prepared)
    yield* placeDigest(spool.path, head, prepared.message)
    begun.digest = id
  }

  /** As many as fit into one digest, the oldest first; none where that cannot be a part of one, or too few can. */
  *#read(flood: readonly QueueEntry[]): InSteps<HeldMessage[]> {
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
      const message = spool.readWhole(id)?.message
      yield
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

  /** No letter to somebody else becomes a part of a digest, and no patch: these are addresses that reports go to. */
  #isForThisMachine({ recipients }: QueueEntry): boolean {
    const { rules } = this.#options.configuration()
    const aliases = new Aliases(rules, readMachine())
    const told = new Set(rules.noticeTo.map((address) => address.toLowerCase()))
    return recipients.every(
      (address) => told.has(address.toLowerCase()) || aliases.isTarget(address),
    )
  }
}

function ofDigest(reason: string, count: number): Trouble {
  return {
    reason: `the digest of ${count} messages that it was in was refused: ${reason}`,
    hint: 'it is sent on its own',
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
