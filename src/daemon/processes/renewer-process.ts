import { type ChildProcess, fork } from 'node:child_process'
import { type Account, signInOwner } from '../../accounts/account.ts'
import { HeartbeatWatch } from '../../child-process/heartbeat-watch.ts'
import { errorFromWire } from '../../errors.ts'
import type { JobKind, Jobs, FreshToken, RotatingJobKind } from '../../messages/renewer-jobs.ts'
import type { FromRenewer, ToRenewer, UnsavedGrant } from '../../messages/renewer-messages.ts'
import { PendingJobs } from './pending-jobs.ts'
import { RenewerLog } from './renewer-log.ts'
import { RenewerLostError } from './renewer-lost-error.ts'
import type { RenewerOptions } from './renewer-options.ts'

const rotatingKinds: Record<RotatingJobKind, true> = {
  refresh: true,
  'redeem-code': true,
  'poll-device-code': true,
  import: true,
}

const defaultHeartbeatLimitMs = 30_000
/** Refreshes come in batches; the process and its libraries go when there is no more to do. */
const defaultIdleLimitMs = 2_000
const defaultPollIdleLimitMs = 12_000

interface Listener {
  /** It takes no more jobs. */
  onLeave: (self: RenewerProcess) => void
  /** It may have become free, or silent. */
  onChange: () => void
}

/** One renewer process from its start to its exit. */
export class RenewerProcess {
  readonly #options: RenewerOptions
  readonly #listener: Listener
  readonly #child: ChildProcess
  readonly #log: RenewerLog
  readonly #heartbeat: HeartbeatWatch
  readonly #jobs = new PendingJobs()
  /** What is only in the renewer's memory, or aside: it must not end. */
  #unsaved: UnsavedGrant[] = []
  /** Accounts whose exchange with a provider is open: what it brings must be sealed. */
  #exchanges = new Set<string>()
  /** As their newest job was given them, by their address. */
  readonly #accounts = new Map<string, Account>()
  readonly #exited: Promise<void>
  #issuer: string | undefined
  #isClosing = false
  #isToldToStop = false
  #isPolled = false
  #idleTimer: NodeJS.Timeout | undefined

  constructor(options: RenewerOptions, listener: Listener) {
    this.#options = options
    this.#listener = listener
    this.#child = fork(options.modulePath, [], {
      execArgv: options.execArgv,
      env: options.env,
      // A library's last words may hold a token: nothing it prints gets out.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const { pid } = this.#child
    this.#log = new RenewerLog(options.log, pid)
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) =>
        resolve(this.#loseJobs(() => RenewerLostError.notStarted(error))),
      )
      this.#child.once('exit', (code, signal) => resolve(this.#end(signal ?? `status ${code}`)))
    })
    this.#child.on('message', (message) => this.#receive(message as FromRenewer))
    const { stateDirectory, runtimeDirectory, key } = options
    this.#send({ type: 'configure', stateDirectory, runtimeDirectory, key })
    this.#heartbeat = new HeartbeatWatch({
      pid,
      limitMs: options.heartbeatLimitMs ?? defaultHeartbeatLimitMs,
      onSilence: (isStuck) => this.#bearSilence(isStuck),
    })
    this.#child.once('spawn', () => this.#log.started())
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
    return this.#jobs.expected > 0 && !this.#heartbeat.isSilent
  }

  /** True while it cannot be expected to answer. */
  get isSilent(): boolean {
    return this.#heartbeat.isSilent
  }

  /** True where nothing is lost if it ends now. */
  get isIdle(): boolean {
    return this.#jobs.size === 0 && this.#exchanges.size === 0 && this.#unsaved.length === 0
  }

  /** Has it work for the accounts of an issuer, and for no other from now on. */
  assign(issuer: string): void {
    this.#issuer = issuer
    this.#send({ type: 'assign', issuer })
  }

  /** Runs a job. @throws CmsOauthError as the renewer sent it. */
  run<K extends JobKind>(kind: K, parameters: Jobs[K]['parameters']): Promise<Jobs[K]['result']> {
    clearTimeout(this.#idleTimer)
    this.#isPolled = kind === 'start-device-authorization' || kind === 'poll-device-code'
    if ('account' in parameters) this.#noteAccount(parameters.account)
    const { id, answered } = this.#jobs.add(kind)
    this.#send({ type: 'job', id, kind, parameters } as ToRenewer)
    return answered
  }

  /** Lets go of one that is idle. */
  leave(): void {
    this.#listener.onLeave(this)
    clearTimeout(this.#idleTimer)
    if (this.#child.connected) this.#child.disconnect()
  }

  /** Lets it finish its jobs and seal what is under way; resolves when it is gone. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#rest()
    await this.#exited
  }

  #send(message: ToRenewer): void {
    // A message that cannot be sent means a process that ends or never began: that settles the jobs.
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  #receive(message: FromRenewer): void {
    this.#heartbeat.heard()
    switch (message.type) {
      case 'heartbeat':
        return
      case 'waiting':
        return this.#log.waits(message.reason)
      case 'crash':
        return this.#log.caught(message)
      case 'durable':
        this.#options.onDurable(message.user)
        break
      case 'unsaved':
        this.#unsaved = message.grants
        break
      case 'exchanges':
        this.#exchanges = new Set(message.users)
        break
      case 'lost':
        this.#options.onLost(message.user, errorFromWire(message.error))
        break
      case 'kept':
        this.#options.onKept(message.user)
        break
      case 'late':
        this.#handOver(message.user, message.refreshed)
        break
      case 'patience':
        this.#jobs.letWait(message.id)
        break
      case 'result':
        this.#jobs.resolve(message.id, message.result)
        break
      case 'failure':
        this.#jobs.reject(message.id, errorFromWire(message.error))
        break
    }
    this.#rest()
  }

  /** An open exchange was asked for under the entry of that time, whatever a reload made of it. */
  #noteAccount(account: Account | undefined): void {
    if (account === undefined || this.#exchanges.has(signInOwner(account))) return
    this.#accounts.set(account.user, account)
  }

  #handOver(user: string, refreshed: FreshToken): void {
    const account = this.#accounts.get(user)
    if (account !== undefined) this.#options.onLate(account, refreshed)
  }

  #rest(): void {
    clearTimeout(this.#idleTimer)
    if (this.#jobs.expected > 0) return
    if (this.#isClosing) {
      this.#log.delays(this.#exchanges, this.#unsaved)
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
    this.#send({ type: 'stop' })
  }

  #bearSilence(isStuck: boolean): void {
    if (isStuck) {
      this.#log.killed()
      this.#child.kill('SIGKILL')
    }
    this.#listener.onChange()
  }

  #end(reason: string): void {
    const lost = this.#jobs.size
    this.#loseJobs((kind) => RenewerLostError.ended(reason, kind in rotatingKinds))
    const isExpected = lost === 0 && (this.#unsaved.length === 0 || this.#isToldToStop)
    if (isExpected) this.#log.ended(reason)
    else this.#log.crashed(reason, lost)
    this.#log.leaves(this.#unsaved)
  }

  #loseJobs(errorOf: (kind: JobKind) => RenewerLostError): void {
    this.#heartbeat.close()
    clearTimeout(this.#idleTimer)
    this.#listener.onLeave(this)
    this.#jobs.rejectAll(errorOf)
    this.#listener.onChange()
  }
}
