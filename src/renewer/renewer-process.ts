import { type ChildProcess, fork } from 'node:child_process'
import { type Account, signInOwner } from '../accounts/account.ts'
import { type CmsOauthError, errorFromWire } from '../errors.ts'
import {
  type FromRenewer,
  type JobKind,
  type Jobs,
  mayRotate,
  type Refreshed,
  type ToRenewer,
  userOf,
} from './messages.ts'
import { RenewerLostError } from './renewer-lost-error.ts'
import type { RenewerOptions } from './renewer-options.ts'

/** A renewer that says nothing for this long, and half as long again, is stuck. */
const defaultHeartbeatLimitMs = 30_000
/** Refreshes come in batches; the process and its libraries go when there is no more to do. */
const defaultIdleLimitMs = 2_000
const defaultPollIdleLimitMs = 12_000

interface PendingJob {
  kind: JobKind
  user: string | undefined
  resolve: (result: never) => void
  reject: (error: CmsOauthError) => void
}

/** One renewer process from its start to its exit; `onLeave` says when it takes no more jobs. */
export class RenewerProcess {
  readonly #options: RenewerOptions
  readonly #onLeave: (self: RenewerProcess) => void
  readonly #child: ChildProcess
  readonly #jobs = new Map<number, PendingJob>()
  /** Accounts whose newest record is only in the renewer's memory: it must not end. */
  readonly #unsaved = new Set<string>()
  /** Accounts whose exchange with a provider is open: what it brings must be sealed. */
  #exchanges = new Set<string>()
  /** As their newest job was given them, by their address. */
  readonly #accounts = new Map<string, Account>()
  readonly #exited: Promise<void>
  #lastJobId = 0
  #isClosing = false
  #isPolled = false
  #idleTimer: NodeJS.Timeout | undefined
  #silentTicks = 0
  readonly #heartbeatTimer: NodeJS.Timeout

  constructor(options: RenewerOptions, onLeave: (self: RenewerProcess) => void) {
    this.#options = options
    this.#onLeave = onLeave
    this.#child = fork(options.modulePath, [], {
      execArgv: options.execArgv,
      env: options.env,
      // A library's last words may hold a token: nothing it prints gets out.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) =>
        resolve(this.#loseJobs(() => RenewerLostError.notStarted(error))),
      )
      this.#child.once('exit', (code, signal) => resolve(this.#end(signal ?? `status ${code}`)))
    })
    this.#child.on('message', (message) => this.#receive(message as FromRenewer))
    const { stateDirectory, key } = options
    this.#send({ type: 'configure', stateDirectory, key })
    this.#heartbeatTimer = this.#watchHeartbeat()
    this.#child.once('spawn', () => options.log.debug('renewer.started', this.#pidField()))
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Runs a job. @throws CmsOauthError as the renewer sent it. */
  run<K extends JobKind>(kind: K, parameters: Jobs[K]['parameters']): Promise<Jobs[K]['result']> {
    clearTimeout(this.#idleTimer)
    this.#isPolled = kind === 'start-device-authorization' || kind === 'poll-device-code'
    const id = ++this.#lastJobId
    if ('account' in parameters) this.#noteAccount(parameters.account)
    return new Promise((resolve, reject) => {
      this.#jobs.set(id, { kind, user: userOf(parameters), resolve, reject })
      this.#send({ type: 'job', id, kind, parameters } as ToRenewer)
    })
  }

  /** Lets it finish its jobs and seal what is under way; resolves when it is gone. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#restWhenIdle()
    await this.#exited
  }

  #send(message: ToRenewer): void {
    // A message that cannot be sent means a process that ends or never began: that settles the jobs.
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  #receive(message: FromRenewer): void {
    this.#silentTicks = 0
    switch (message.type) {
      case 'heartbeat':
        return
      case 'waiting':
        this.#options.log.warn('store.waiting', { ...this.#pidField(), reason: message.reason })
        return
      case 'crash':
        this.#logCrash(message)
        return
      case 'durable':
        this.#unsaved.delete(message.user)
        this.#options.onDurable(message.user)
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
      case 'result': {
        const job = this.#take(message.id)
        this.#noteDurability(job?.user, message.result)
        job?.resolve(message.result as never)
        break
      }
      case 'failure':
        this.#take(message.id)?.reject(errorFromWire(message.error))
        break
    }
    this.#restWhenIdle()
  }

  #logCrash({ report, user }: Extract<FromRenewer, { type: 'crash' }>): void {
    const { kind, code, frames } = report
    this.#options.log.error('renewer.exception_caught', {
      ...this.#pidField(),
      reason: kind,
      stack: frames.join(' '),
      ...(code === undefined ? {} : { code }),
      ...(user === undefined ? {} : { user }),
    })
  }

  #take(id: number): PendingJob | undefined {
    const job = this.#jobs.get(id)
    this.#jobs.delete(id)
    return job
  }

  #noteDurability(user: string | undefined, result: Jobs[JobKind]['result']): void {
    if (user === undefined || !('isDurable' in result)) return
    if (result.isDurable) this.#unsaved.delete(user)
    else this.#unsaved.add(user)
  }

  /** An open exchange was asked for under the entry of that time, whatever a reload made of it. */
  #noteAccount(account: Account | undefined): void {
    if (account === undefined || this.#exchanges.has(account.user)) return
    this.#accounts.set(account.user, account)
  }

  #handOver(user: string, refreshed: Refreshed): void {
    const account = this.#accounts.get(user)
    if (account === undefined) return
    this.#noteDurability(signInOwner(account), refreshed)
    this.#options.onLate(account, refreshed)
  }

  #restWhenIdle(): void {
    clearTimeout(this.#idleTimer)
    if (this.#jobs.size > 0 || this.#exchanges.size > 0) return
    if (this.#isClosing) {
      this.#leave()
    } else if (this.#unsaved.size === 0) {
      const { idleLimitMs = defaultIdleLimitMs, pollIdleLimitMs = defaultPollIdleLimitMs } =
        this.#options
      const limitMs = this.#isPolled ? pollIdleLimitMs : idleLimitMs
      this.#idleTimer = setTimeout(() => this.#leave(), limitMs)
      this.#idleTimer.unref()
    }
  }

  #leave(): void {
    this.#onLeave(this)
    clearTimeout(this.#idleTimer)
    if (this.#child.connected) this.#child.disconnect()
  }

  /** Counts short silences: one long one may be the daemon's own, stopped or on a paused machine. */
  #watchHeartbeat(): NodeJS.Timeout {
    const { heartbeatLimitMs = defaultHeartbeatLimitMs, log } = this.#options
    const timer = setInterval(() => {
      this.#silentTicks++
      if (this.#silentTicks !== 3) return
      log.error('renewer.killed', { ...this.#pidField(), reason: 'no heartbeat' })
      this.#child.kill('SIGKILL')
    }, heartbeatLimitMs / 2)
    return timer.unref()
  }

  #end(reason: string): void {
    const lost = this.#jobs.size
    this.#loseJobs((kind) => RenewerLostError.ended(reason, mayRotate(kind)))
    const { log } = this.#options
    const hasLostGrants = this.#unsaved.size > 0 && !this.#isClosing
    const fields = { ...this.#pidField(), reason }
    if (lost === 0 && !hasLostGrants) log.debug('renewer.ended', fields)
    else log.error('renewer.crashed', { ...fields, count: lost })
  }

  #loseJobs(errorOf: (kind: JobKind) => RenewerLostError): void {
    clearInterval(this.#heartbeatTimer)
    clearTimeout(this.#idleTimer)
    this.#onLeave(this)
    for (const job of this.#jobs.values()) job.reject(errorOf(job.kind))
    this.#jobs.clear()
  }

  #pidField(): { pid?: number } {
    return this.#child.pid === undefined ? {} : { pid: this.#child.pid }
  }
}
