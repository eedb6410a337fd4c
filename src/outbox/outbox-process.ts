import { isSystemError } from '../files/system-error.ts'
import { backlog } from '../kernel/backlog.ts'
import type { FromOutbox, ServedOutbox, ToOutbox } from '../messages/outbox-messages.ts'
import { spoolTrouble } from '../spool/spool-trouble.ts'
import { Conversations } from './dialogue/conversations.ts'
import { Outbox } from './outbox.ts'
import { AccountPace } from './queue/account-pace.ts'
import { createOutboxServer } from './server/outbox-server.ts'
import { RefusedCallers } from './server/refused-callers.ts'
import { Slots } from './server/slots.ts'
import { findStrays } from './spool/strays.ts'

interface OutboxProcessOptions {
  send: (message: FromOutbox) => void
  onFault: (error: unknown) => void
}

type Server = ReturnType<typeof createOutboxServer>

const largeAtATime = 2
/** A timer that is set stands still while the machine sleeps. */
const longestSleepMs = 30_000
const sweepMs = 3_600_000
/** By then the process before has ended, whose daemon was killed: twice what it takes at most. */
const predecessorMs = 10_000
/** One line each is enough to be looked for. */
const mostStrays = 20
/** What changes at once is told at once. */
const stateDelayMs = 200

/** All that the outbox's process does, by what the daemon says. */
export class OutboxProcess {
  readonly #options: OutboxProcessOptions
  readonly #outboxes = new Map<string, Outbox>()
  readonly #paces = new Map<string, AccountPace>()
  /** By the descriptor that each listens on. */
  readonly #servers = new Map<number, Server>()
  readonly #slots = new Slots(largeAtATime)
  readonly #conversations = new Conversations()
  #timer: NodeJS.Timeout | undefined
  #isStateDue = false
  #isDispatchDue = false
  #isClosing = false

  constructor(options: OutboxProcessOptions) {
    this.#options = options
    setInterval(() => this.#sweep(), sweepMs).unref()
  }

  /** Does what the daemon says. */
  receive(message: ToOutbox): void {
    switch (message.type) {
      case 'configure':
        return this.#configure(message.outboxes)
      case 'outcome': {
        const { outbox, id, outcome } = message
        this.#endWay((underWay) => underWay.outbox === outbox && underWay.id === id)
        this.#outboxes.get(outbox)?.settle(id, outcome)
        return this.#changed()
      }
      case 'retry':
        this.#paceOf(message.account).hurry()
        if (message.isWayOpen === true) this.#forgive(message.account)
        return this.#changed()
    }
  }

  /** Accepts nobody any more; calls back when nobody is connected. */
  close(onIdle: () => void): void {
    this.#isClosing = true
    clearTimeout(this.#timer)
    this.#conversations.retire()
    for (const outbox of this.#outboxes.values()) void outbox.close()
    const servers = [...this.#servers.values()]
    let open = servers.length
    if (open === 0) return onIdle()
    for (const server of servers) {
      server.close(() => {
        open -= 1
        if (open === 0) onIdle()
      })
    }
  }

  #configure(served: readonly ServedOutbox[]): void {
    const names = new Set(served.map(({ configuration }) => configuration.name))
    const gone = [...this.#outboxes].filter(([name]) => !names.has(name))
    for (const [name, outbox] of gone) if (this.#outboxes.delete(name)) void outbox.close()
    // The daemon may not know any more what it was asked to deliver, and says nothing of it then.
    this.#endWay(({ outbox }) => !names.has(outbox))
    for (const { configuration, descriptors } of served) {
      const known = this.#outboxes.get(configuration.name)
      const outbox = known ?? this.#create(configuration)
      // Whoever comes hears what is wrong with a spool that cannot be used.
      for (const fd of descriptors) this.#listen(fd, outbox)
      try {
        outbox.configure(configuration)
        if (known === undefined) this.#tellStrays(outbox)
      } catch (error) {
        if (!isSystemError(error)) throw error
        this.#tellUnusable(configuration, error)
      }
    }
    this.#changed()
  }

  #create(configuration: ServedOutbox['configuration']): Outbox {
    const { name } = configuration
    const outbox: Outbox = new Outbox({
      configuration,
      pace: () => this.#paceOf(outbox.configuration.account),
      send: (message) => {
        // Whoever hears of it, and looks, sees what it is about.
        const isTold = message.type === 'notice' || ('level' in message && message.level === 'warn')
        if (isTold) this.#tellState()
        this.#options.send(message)
      },
      onChange: () => this.#changed(),
    })
    this.#outboxes.set(name, outbox)
    setTimeout(() => this.#readAgain(outbox), predecessorMs).unref()
    return outbox
  }

  #readAgain(outbox: Outbox): void {
    if (this.#outboxes.get(outbox.configuration.name) !== outbox) return
    try {
      outbox.readAgain()
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.#tellUnusable(outbox.configuration, error)
    }
  }

  #listen(fd: number, outbox: Outbox): void {
    if (this.#servers.has(fd)) return
    const server = createOutboxServer({
      outbox,
      slots: this.#slots,
      conversations: this.#conversations,
      onFault: this.#options.onFault,
      refused: new RefusedCallers(outbox, this.#options.send),
    })
    this.#servers.set(fd, server)
    server.listen({ fd }, backlog)
  }

  #tellStrays({ configuration: { account: user, spool }, queue }: Outbox): void {
    const strays = findStrays(spool, (id) => queue.find(id) !== undefined)
    for (const { path, reason, hint } of strays.slice(0, mostStrays)) {
      const fields = { user, path, reason, hint }
      this.#options.send({ type: 'log', level: 'warn', event: 'outbox.stray', fields })
    }
  }

  #tellUnusable({ account, spool }: ServedOutbox['configuration'], error: NodeJS.ErrnoException) {
    const { reason: message, hint } = spoolTrouble(spool, error, 'cms-oauth reload')
    const fields = { user: account, path: spool, message, hint }
    this.#options.send({ type: 'log', level: 'warn', event: 'outbox.unusable', fields })
  }

  #paceOf(account: string): AccountPace {
    let pace = this.#paces.get(account)
    if (pace === undefined) this.#paces.set(account, (pace = new AccountPace()))
    return pace
  }

  /** Lets accounts send again whose message is over. A reload may have changed the account of an outbox: all are searched. */
  #endWay(isOver: (underWay: NonNullable<AccountPace['underWay']>) => boolean): void {
    for (const pace of this.#paces.values()) {
      if (pace.underWay !== undefined && isOver(pace.underWay)) pace.underWay = undefined
    }
  }

  #changed(): void {
    if (!this.#isStateDue) setTimeout(() => this.#tellState(), stateDelayMs).unref()
    this.#isStateDue = true
    // Once for all of a turn, since it may go over every message that waits, and after the answers: what is sent and
    // gone before its caller has heard yes would be taken again from one that asks the process after a killed one.
    if (!this.#isDispatchDue) setImmediate(() => this.#dispatch())
    this.#isDispatchDue = true
  }

  #tellState(): void {
    this.#isStateDue = false
    const outboxes = [...this.#outboxes.values()].map((outbox) => outbox.state())
    this.#options.send({ type: 'state', outboxes })
  }

  /** Says what is due, and sleeps until more may be. */
  #dispatch(): void {
    this.#isDispatchDue = false
    if (this.#isClosing) return
    let sleepMs = longestSleepMs
    const accounts = [...this.#outboxes.values()].map(({ configuration }) => configuration.account)
    for (const account of new Set(accounts)) {
      const pace = this.#paceOf(account)
      if (pace.underWay !== undefined) continue
      const { waitMs } = pace
      const next = waitMs > 0 ? { waitMs } : this.#nextOf(account)
      if (next === undefined) continue
      if ('id' in next) this.#send(pace, next)
      else sleepMs = Math.min(sleepMs, next.waitMs)
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#dispatch(), Math.max(sleepMs, 10)).unref()
  }

  #send(pace: AccountPace, { outbox, id }: { outbox: string; id: string }): void {
    const sent = this.#outboxes.get(outbox)?.takeUp(id)
    if (sent === undefined) return this.#changed()
    pace.underWay = { outbox, id: sent }
    this.#options.send({ type: 'due', outbox, id: sent })
  }

  /** The oldest that is next in an outbox of the account, or the shortest wait. */
  #nextOf(account: string): { outbox: string; id: string } | { waitMs: number } | undefined {
    let best: { outbox: string; id: string } | undefined
    let waitMs = Number.POSITIVE_INFINITY
    for (const outbox of this.#outboxes.values()) {
      const { configuration } = outbox
      if (configuration.account !== account) continue
      const next = outbox.next()
      if (next === undefined) continue
      if ('waitMs' in next) waitMs = Math.min(waitMs, next.waitMs)
      else if (best === undefined || next.id < best.id) {
        best = { outbox: configuration.name, id: next.id }
      }
    }
    return best ?? (waitMs === Number.POSITIVE_INFINITY ? undefined : { waitMs })
  }

  /** What was in the way was not any message's fault: they go in the order in which they came. */
  #forgive(account: string): void {
    for (const { configuration, queue } of this.#outboxes.values()) {
      if (configuration.account === account) queue.forgive()
    }
  }

  #sweep(): void {
    for (const outbox of this.#outboxes.values()) {
      try {
        outbox.sweep()
      } catch (error) {
        if (!isSystemError(error)) throw error
        this.#tellUnusable(outbox.configuration, error)
      }
    }
  }
}
