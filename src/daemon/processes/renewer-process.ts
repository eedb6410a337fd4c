import { mayRotate } from '../../child-process/may-rotate.ts'
import { Child, type ChildEnd } from '../../child-process/child.ts'
import type { Confinement } from '../../messages/confinement.ts'
import type { GrantStage, JobKind, Jobs } from '../../messages/renewer-jobs.ts'
import type { FromRenewer, Job } from '../../messages/renewer-messages.ts'
import { errorFromWire } from '../../shapes/wire-error.ts'
import { HeldByRenewer } from './held-by-renewer.ts'
import { passOnNews } from './pass-on-news.ts'
import { PendingJobs } from './pending-jobs.ts'
import { RenewerLog } from './renewer-log.ts'
import { RenewerLostError } from './renewer-lost-error.ts'
import type { RenewerOptions } from './renewer-options.ts'
import { fromRenewerShape, type RenewerChild } from './renewer-shapes.ts'

const defaultHeartbeatLimitMs = 30_000
/** Refreshes come in batches; the process and its libraries go when there is no more to do. */
const defaultIdleLimitMs = 2_000
const defaultPollIdleLimitMs = 12_000

interface Listener {
  /** It accepts no more jobs. */
  onLeave: (self: RenewerProcess) => void
  /** It may have become free, or silent. */
  onChange: () => void
}

interface StartedWith {
  child: RenewerChild | undefined
  confinement: Confinement | undefined
}

/** One renewer process from its start to its exit. */
export class RenewerProcess {
  readonly #options: RenewerOptions
  readonly #listener: Listener
  readonly #child: RenewerChild
  readonly #log: RenewerLog
  readonly #jobs = new PendingJobs()
  readonly #held = new HeldByRenewer()
  #tellEnd = (): void => {}
  /** Resolves when it is gone, however that came. */
  readonly ended = new Promise<void>((resolve) => (this.#tellEnd = resolve))
  #issuer: string | undefined
  #isClosing = false
  #isToldToStop = false
  #isPolled = false
  #idleTimer: NodeJS.Timeout | undefined

  /** Of a child that is started already, or a new one. */
  constructor(
    options: RenewerOptions,
    listener: Listener,
    { child: started, confinement }: StartedWith,
  ) {
    this.#options = options
    this.#listener = listener
    this.#child = started ?? new Child(options)
    this.#child.attach({
      shape: fromRenewerShape,
      onMessage: (message) => this.#receive(message),
      onMalformed: (reason, message) => this.#refuse(reason, message),
      onEnd: (end) => this.#end(end),
      heartbeat: {
        limitMs: options.heartbeatLimitMs ?? defaultHeartbeatLimitMs,
        onSilence: (isStuck) => this.#bearSilence(isStuck),
      },
    })
    this.#log = new RenewerLog(options.log, this.pid)
    if (this.pid !== undefined) this.#log.started()
    const { store, runtimeDirectory } = options
    const confined = confinement === undefined ? {} : { confinement }
    this.#child.send({ type: 'configure', store, runtimeDirectory, ...confined })
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Whose accounts it works for; undefined until it is assigned. */
  get issuer(): string | undefined {
    return this.#issuer
  }

  /** True while somebody waits for an answer that is to be expected. */
  get isBusy(): boolean {
    return this.#jobs.expected > 0 && !this.isSilent
  }

  /** True while it cannot be expected to answer. */
  get isSilent(): boolean {
    return this.#child.isSilent
  }

  /** True where nothing is lost if it ends now. */
  get isIdle(): boolean {
    return this.#jobs.size === 0 && this.#held.isNothing
  }

  /** Has it work for the accounts of an issuer, and for no other from now on. */
  assign(issuer: string): void {
    this.#issuer = issuer
    this.#child.send({ type: 'assign', issuer })
  }

  /** Runs a job. @throws CmsOauthError as the renewer sent it. */
  run<K extends JobKind>(kind: K, parameters: Jobs[K]['parameters']): Promise<Jobs[K]['result']> {
    clearTimeout(this.#idleTimer)
    this.#isPolled = kind === 'start-device-authorization' || kind === 'poll-device-code'
    if ('account' in parameters && parameters.account !== undefined) {
      this.#held.noteAccount(parameters.account)
    }
    const { id, answered } = this.#jobs.add(kind)
    this.#child.send({ type: 'job', id, job: { kind, parameters } as Job })
    return answered
  }

  /** Says that a token by this grant is here: what it is about to present may be an older refresh token. */
  noteSeen(owner: string, stage: GrantStage): void {
    if (this.#held.mayPresent(owner)) this.#child.send({ type: 'seen', owner, stage })
  }

  /** Releases one that is idle. */
  leave(): void {
    this.#listener.onLeave(this)
    clearTimeout(this.#idleTimer)
    this.#child.disconnect()
  }

  /** Lets it finish its jobs and seal what is under way, and end then. */
  close(): void {
    this.#isClosing = true
    this.#rest()
  }

  #receive(message: FromRenewer): void {
    switch (message.type) {
      case 'heartbeat':
        return
      case 'waiting':
        return this.#log.waits(message.reason)
      case 'crash':
        return this.#log.caught(message)
      case 'unsaved':
      case 'exchanges':
        this.#held.update(message)
        break
      case 'fleet':
        this.#log.fleet(message.news)
        break
      case 'patience':
        this.#jobs.letWait(message.id)
        break
      case 'result':
        this.#takeResult(message)
        break
      case 'failure':
        this.#jobs.reject(message.id, errorFromWire(message.error))
        break
      default:
        passOnNews(message, this.#options, (user) => this.#held.accountOf(user))
    }
    this.#rest()
  }

  #takeResult(message: Extract<FromRenewer, { type: 'result' }>): void {
    const place = this.#jobs.resolve(message.id, message.result)
    if (place !== undefined) this.#refuse(`a result is not as agreed at "${place}"`, message)
  }

  /** It may have been the answer to a job, which must not wait for another one. */
  #refuse(reason: string, message: unknown): void {
    this.#log.misunderstood(reason)
    this.#jobs.rejectMisunderstood(message)
    this.#rest()
  }

  #rest(): void {
    clearTimeout(this.#idleTimer)
    if (this.#jobs.expected > 0) return
    if (this.#isClosing) {
      this.#log.delays(this.#held)
      this.#stop()
    } else if (this.isIdle) {
      const { idleLimitMs = defaultIdleLimitMs, pollIdleLimitMs = defaultPollIdleLimitMs } =
        this.#options
      const limitMs = this.#isPolled ? pollIdleLimitMs : idleLimitMs
      this.#idleTimer = setTimeout(() => this.leave(), limitMs)
      this.#idleTimer.unref()
    }
    this.#listener.onChange()
  }

  #stop(): void {
    if (this.#isToldToStop) return
    this.#isToldToStop = true
    this.#listener.onLeave(this)
    this.#child.send({ type: 'stop' })
  }

  #bearSilence(isStuck: boolean): void {
    if (isStuck) {
      this.#log.killed()
      this.#child.kill()
    }
    this.#listener.onChange()
  }

  #end(end: ChildEnd): void {
    if ('reason' in end) this.#leaveJobs(end.reason)
    else this.#loseJobs(() => RenewerLostError.notStarted(end.notStarted))
    this.#tellEnd()
  }

  #leaveJobs(reason: string): void {
    const lost = this.#jobs.size
    this.#loseJobs((kind) => RenewerLostError.ended(reason, mayRotate(kind)))
    const { unsaved } = this.#held
    const isExpected = lost === 0 && (unsaved.length === 0 || this.#isToldToStop)
    if (isExpected) this.#log.ended(reason)
    else this.#log.crashed(reason, lost)
    this.#log.leaves(unsaved)
  }

  #loseJobs(errorOf: (kind: JobKind) => RenewerLostError): void {
    clearTimeout(this.#idleTimer)
    this.#listener.onLeave(this)
    this.#jobs.rejectAll(errorOf)
    this.#listener.onChange()
  }
}
