import { triedAgain } from '../../errors.ts'
import { type Child, type ChildEnd, reasonOfEnd } from '../../child-process/child.ts'
import { type OwnMessage, startWatchedChild } from '../../child-process/watched-child.ts'
import type { DeliveryRoute } from '../../configuration/outbox-configuration.ts'
import type { Log } from '../../logging/log.ts'
import type {
  Delivery,
  DeliveryOutcome,
  FromSender,
  ToSender,
} from '../../messages/sender-messages.ts'
import { fromSenderShape } from './outbox-shape.ts'

interface SenderHandleOptions {
  modulePath: string
  env: NodeJS.ProcessEnv
  log: Log
  /** After so long without a delivery it is ended. */
  idleMs?: number
}

const defaultIdleMs = 30_000
const heartbeatLimitMs = 60_000
/** By which somebody else ends it, whatever it has in hand. */
const signalsOfOthers = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']

/** The process that delivers: started when something is due, and ended when nothing is any more. */
export class SenderHandle {
  readonly #options: SenderHandleOptions
  readonly #waiting = new Map<number, (outcome: DeliveryOutcome) => void>()
  readonly #probes = new Map<number, (isOpen: boolean) => void>()
  #sender: Child<ToSender, FromSender> | undefined
  #lastJob = 0
  #idleTimer: NodeJS.Timeout | undefined
  #isClosed = false
  /** The one that was told to end for good, and whom to tell when it is gone. */
  #leaving: { sender: Child<ToSender, FromSender>; tellGone: () => void } | undefined

  constructor(options: SenderHandleOptions) {
    this.#options = options
  }

  /** Delivers one message. What a sender had in hand that dies is tried again, and so is what comes after `close`. */
  deliver(delivery: Omit<Delivery, 'job'>): Promise<DeliveryOutcome> {
    if (this.#isClosed) return Promise.resolve(triedLater('cms-oauthd is being stopped'))
    return new Promise((resolve) => {
      const { sender, job } = this.#begin()
      this.#waiting.set(job, resolve)
      sender.send({ type: 'deliver', delivery: { ...delivery, job } })
    })
  }

  /** True where the provider answers at all; false after `close`. */
  probe(route: DeliveryRoute): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false)
    return new Promise((resolve) => {
      const { sender, job } = this.#begin()
      this.#probes.set(job, resolve)
      sender.send({ type: 'probe', job, route })
    })
  }

  /** Lets it finish what is on its way, and starts no other; resolves when it is gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idleTimer)
    const sender = this.#sender
    if (sender === undefined) return
    await new Promise<void>((tellGone) => {
      this.#leaving = { sender, tellGone }
      sender.disconnect()
    })
  }

  #begin(): { sender: Child<ToSender, FromSender>; job: number } {
    clearTimeout(this.#idleTimer)
    return { sender: (this.#sender ??= this.#start()), job: ++this.#lastJob }
  }

  #start(): Child<ToSender, FromSender> {
    const { modulePath, env, log } = this.#options
    const sender = startWatchedChild<ToSender, OwnMessage<FromSender>>(
      { modulePath, env },
      {
        name: 'sender',
        log,
        shape: fromSenderShape,
        heartbeatLimitMs,
        onMessage: (message) => this.#receive(message),
        onEnd: (end) => this.#end(sender, end),
      },
    )
    return sender
  }

  #receive(message: OwnMessage<FromSender>): void {
    switch (message.type) {
      case 'outcome':
        this.#waiting.get(message.job)?.(message.outcome)
        this.#waiting.delete(message.job)
        return this.#endWhenIdle()
      case 'probed':
        this.#probes.get(message.job)?.(message.isOpen)
        this.#probes.delete(message.job)
        return this.#endWhenIdle()
    }
  }

  #endWhenIdle(): void {
    if (this.#waiting.size + this.#probes.size > 0) return
    const { idleMs = defaultIdleMs } = this.#options
    clearTimeout(this.#idleTimer)
    const sender = this.#sender
    const end = () => {
      // What is due from now on gets another one.
      if (this.#sender === sender) this.#sender = undefined
      sender?.disconnect()
    }
    this.#idleTimer = setTimeout(end, idleMs).unref()
  }

  #end(sender: Child<ToSender, FromSender>, end: ChildEnd): void {
    // One that was idle may end in between: its successor may still be delivering.
    if (this.#leaving?.sender === sender) this.#leaving.tellGone()
    if (this.#sender !== sender) return
    this.#sender = undefined
    const reason = reasonOfEnd(end)
    if (this.#leaving === undefined) this.#options.log.error('sender.crashed', { reason })
    const later = triedLater(`the sender ended: ${reason}`)
    const outcome = isOfItself(end) ? { ...later, isUncertain: true } : later
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const resolve of waiting) resolve(outcome)
    const probes = [...this.#probes.values()]
    this.#probes.clear()
    for (const resolve of probes) resolve(false)
  }
}

function triedLater(reason: string) {
  return { kind: 'later', actor: 'nobody', reason, hint: `it ${triedAgain}` } as const
}

/** True where it may end so at each try of a message, and the message may have left before. */
function isOfItself(end: ChildEnd): boolean {
  return 'reason' in end && !signalsOfOthers.includes(end.reason)
}
