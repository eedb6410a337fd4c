import { Socket } from 'node:net'
import { hardenProcess } from '../kernel/process-hardening.ts'
import { requireBuildOfParent } from '../package/build-id.ts'
import type { Shape } from '../shapes/shape.ts'
import type { ChildSignal } from '../messages/child-signals.ts'
import { channelDescriptor } from './child-descriptors.ts'
import { confine } from './confine.ts'
import { crashReportOf } from './crash-report.ts'
import { takeConfinement } from './environment.ts'
import { LineChannel } from './line-channel.ts'
import type { Confinement } from '../messages/confinement.ts'

interface ParentChannelOptions<Incoming> {
  /** What the daemon may say. */
  shape: Shape<Incoming>
  onMessage: (message: Incoming) => void
  /** What came was none of it; that has been reported. */
  onMalformed?: (value: unknown) => void
  /** The daemon says nothing more, or is gone. */
  onClose: () => void
}

const heartbeatIntervalMs = 5_000

/**
 * A child's end of its channel to the daemon, and the first thing that a child opens: it closes the
 * process to others of its user, leaves the signals of a terminal or of systemd to the daemon, and
 * reports what nobody expected instead of dying of it.
 */
export class ParentChannel<Outgoing, Incoming> {
  readonly #channel: LineChannel<Outgoing | ChildSignal, Incoming>
  #isOpen = true

  constructor({ shape, onMessage, onMalformed, onClose }: ParentChannelOptions<Incoming>) {
    requireBuildOfParent(process.env)
    // They reach the whole group: the channel says when to end.
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
    hardenProcess()
    process.on('uncaughtException', (error) => this.reportCrash(error))
    process.on('unhandledRejection', (error) => this.reportCrash(error))
    const confinement = takeConfinement(process.env)
    this.#channel = new LineChannel(new Socket({ fd: channelDescriptor }), {
      shape,
      onMessage,
      onMalformed: (reason, value) => {
        this.reportCrash(new MalformedMessageError(reason))
        onMalformed?.(value)
      },
      onClose: () => {
        this.#isOpen = false
        onClose()
      },
    })
    if (confinement !== undefined) this.confine(confinement)
    setInterval(() => this.#channel.send({ type: 'heartbeat' }), heartbeatIntervalMs).unref()
  }

  /** False once the daemon is gone, or says nothing more. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Says it, if somebody is there to hear it. */
  send(message: Outgoing): void {
    this.#channel.send(message)
  }

  /** Says it with what is said next, or at the end of this turn of the event loop. */
  sendSoon(message: Outgoing): void {
    this.#channel.sendSoon(message)
  }

  /** Closes to this process all but what it needs; where the kernel refuses, it goes on, and the log is told. */
  confine(confinement: Confinement): void {
    try {
      confine(confinement)
    } catch (error) {
      this.reportCrash(error)
    }
  }

  /** Tells the daemon's log of what nobody expected; `user` is whose job it has cost. */
  reportCrash(error: unknown, user?: string): void {
    const report = crashReportOf(error)
    this.#channel.send({ type: 'crash', report, ...(user === undefined ? {} : { user }) })
  }

  /** Says nothing more: what has been said arrives, and with nothing else to do the process ends. */
  close(): void {
    this.#channel.close()
  }
}

/** The daemon has said what nobody agreed on. */
class MalformedMessageError extends Error {}
