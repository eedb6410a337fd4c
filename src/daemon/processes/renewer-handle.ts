import { isDeepStrictEqual } from 'node:util'
import { type Account, signInOwner } from '../../accounts/account.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { CmsOauthError } from '../../errors.ts'
import type { Confinement } from '../../messages/confinement.ts'
import type { GrantStage, JobKind, Jobs } from '../../messages/renewer-jobs.ts'
import { RenewerLostError } from './renewer-lost-error.ts'
import type { RenewerOptions } from './renewer-options.ts'
import { RenewerProcess } from './renewer-process.ts'

/** Each takes the memory of a provider's library. */
const mostAtWork = 4

interface WaitingJob {
  issuer: string | undefined
  /** Whose sign-in it is about. */
  owner: string | undefined
  /** A grant of that, by which a token has come here meanwhile. */
  seen?: GrantStage
  start: (process: RenewerProcess) => void
  refuse: (error: CmsOauthError) => void
}

/**
 * The daemon's side of the renewers, one for each issuer: starts a process when there is a job, hands
 * jobs over, ends it when idle, kills it when it is stuck. A crash costs the jobs of its issuer that
 * are under way, each of which ends with RenewerLostError. At most four are at work at a time; one that
 * only waits for the answer to a job that has timed out, or that is stopped, does not count.
 */
export class RenewerHandle {
  readonly #options: RenewerOptions
  /** Those that take jobs. */
  readonly #processes = new Set<RenewerProcess>()
  /** All that run: one that gets no more jobs finishes what it has. */
  readonly #running = new Set<RenewerProcess>()
  #isClosed = false
  #confinement: Confinement | undefined
  /** In the order they came: none waits forever. */
  readonly #waiting: WaitingJob[] = []

  constructor(options: RenewerOptions) {
    this.#options = options
  }

  /** Pids of the running processes. */
  get pids(): number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? [])
  }

  /**
   * Runs a job. @throws CmsOauthError as the renewer sent it; RenewerLostError if it ended, or
   * ProgramReplacedError where its program is no longer that of the start
   */
  async run<K extends JobKind>(
    kind: K,
    parameters: Jobs[K]['parameters'],
  ): Promise<Jobs[K]['result']> {
    const startedAt = Date.now()
    try {
      return await this.#runInTurn(kind, parameters)
    } catch (error) {
      if (!(error instanceof RenewerLostError)) throw error
      const mayHaveSignedIn = error.isFateUnknown && kind !== 'refresh'
      if (mayHaveSignedIn && 'account' in parameters)
        this.#findSealed(parameters.account, startedAt)
      throw this.#options.programFiles?.explain(error) ?? error
    }
  }

  /**
   * Lets the processes finish and seal what is under way; resolves when all are gone, and from then on
   * starts none.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const { refuse } of this.#waiting.splice(0)) refuse(RenewerLostError.stopping())
    for (const process of this.#processes) process.close()
    await Promise.all([...this.#running].map(({ ended }) => ended))
  }

  /** Says by which grant of a sign-in a token is here: no earlier one of it is presented from now on. */
  noteSeen(owner: string, stage: GrantStage): void {
    for (const job of this.#waiting) if (job.owner === owner) job.seen = stage
    for (const process of this.#running) process.noteSeen(owner, stage)
  }

  /**
   * From now on processes may open what this configuration names. What one has closed to itself it cannot
   * open again: where something has changed, others take the jobs that come.
   */
  confineFor(configuration: Configuration): void {
    const before = this.#confinement
    this.#confinement = this.#options.confinementFor?.(configuration)
    if (isDeepStrictEqual(before, this.#confinement)) return
    for (const process of this.#processes) process.close()
    this.#processes.clear()
  }

  #runInTurn<K extends JobKind>(
    kind: K,
    parameters: Jobs[K]['parameters'],
  ): Promise<Jobs[K]['result']> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(RenewerLostError.stopping())
      this.#waiting.push({
        issuer: issuerOf(kind, parameters),
        owner: ownerOf(parameters),
        start: (process) => void process.run(kind, parameters).then(resolve, reject),
        refuse: reject,
      })
      this.#startWaiting()
    })
  }

  /** One that is gone may have sealed a sign-in before it could answer: it is taken up then. */
  #findSealed(account: Account | undefined, since: number): void {
    if (account === undefined) return
    const { user, loginHint } = account
    this.run('open-store', { accounts: [{ user, loginHint }], areOthersWanted: false })
      .then(({ records }) => {
        if (records.some(({ signedInAt }) => signedInAt >= since)) this.#options.onKept(user)
      })
      .catch(() => {}) // The next start of the daemon finds it.
  }

  #startWaiting(): void {
    for (let [job] = this.#waiting; job !== undefined; [job] = this.#waiting) {
      const process = this.#find(job.issuer)
      if (process === undefined) return
      this.#waiting.shift()
      job.start(process)
      if (job.owner !== undefined && job.seen !== undefined) process.noteSeen(job.owner, job.seen)
    }
  }

  /** A process for the job; undefined while there are too many. */
  #find(issuer: string | undefined): RenewerProcess | undefined {
    const processes = [...this.#processes]
    if (issuer === undefined) return processes.find(({ isSilent }) => !isSilent) ?? this.#start()
    const own = processes.find((process) => process.issuer === issuer)
    if (own !== undefined) return own
    const free = processes.find((process) => process.issuer === undefined && !process.isSilent)
    if (free === undefined && processes.filter(({ isBusy }) => isBusy).length >= mostAtWork) {
      return undefined
    }
    if (free === undefined && processes.length >= mostAtWork) {
      processes.find(({ isIdle }) => isIdle)?.leave()
    }
    const found = free ?? this.#start()
    found.assign(issuer)
    return found
  }

  #start(): RenewerProcess {
    const listener = {
      onLeave: (gone: RenewerProcess) => this.#processes.delete(gone),
      onChange: () => this.#startWaiting(),
    }
    const started = new RenewerProcess(this.#options, listener, {
      child: this.#options.spare?.take(),
      confinement: this.#confinement,
    })
    this.#processes.add(started)
    this.#running.add(started)
    void started.ended.then(() => this.#running.delete(started))
    return started
  }
}

/** Whose renewer a job is for; undefined for one that any can do, since it changes no record. */
function issuerOf(kind: JobKind, parameters: Jobs[JobKind]['parameters']): string | undefined {
  if (kind === 'open-store') return undefined
  return 'account' in parameters ? (parameters.account?.issuer ?? '') : ''
}

function ownerOf(parameters: Jobs[JobKind]['parameters']): string | undefined {
  const { account } = 'account' in parameters ? parameters : {}
  return account && signInOwner(account)
}
