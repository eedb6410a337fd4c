import type { ProviderName } from '../../configuration/configuration.ts'
import type { GrantStage, JobKind, Jobs } from '../../messages/renewer-jobs.ts'
import type { Provider } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'
import { answerInTime, defaultDeadlineMs, unhurried } from './deadline.ts'
import { Exchanges } from './exchanges.ts'
import type { JobContext, Work } from './job-context.ts'
import { NewestGrants } from './newest-grants.ts'
import { userOf } from './user-of.ts'
import { copyStore } from './copy-store.ts'
import { forget } from './forget.ts'
import { rekeyStore } from './rekey-store.ts'
import { listRecords, probe, refresh } from './renewal-jobs.ts'
import {
  importGrant,
  pollDeviceCode,
  redeemCode,
  startAuthorization,
  startDeviceAuthorization,
} from './sign-in-jobs.ts'

/** What is absent of the context is told to nobody, or not done here. */
interface JobRunnerOptions
  extends
    Pick<JobContext, 'now'>,
    Partial<
      Pick<
        JobContext,
        | 'openOther'
        | 'rekey'
        | 'isShared'
        | 'deadlineMs'
        | 'onLate'
        | 'onLost'
        | 'onKept'
        | 'onDropped'
      >
    > {
  /** Opens the store: called at the first job, and again where it could not be opened. */
  openStore: () => Promise<Store>
  findProvider: (name: ProviderName) => Promise<Provider>
  /** Told at each change of the accounts whose exchange with a provider is still open. */
  onExchanges?: (users: string[]) => void
  /** Within which an exchange ends after its request has left. */
  exchangeLimitMs?: number
}

const works: { [K in JobKind]: Work<K> } = {
  'open-store': listRecords,
  'copy-store': copyStore,
  'rekey-store': rekeyStore,
  'start-authorization': startAuthorization,
  'redeem-code': redeemCode,
  'start-device-authorization': startDeviceAuthorization,
  'poll-device-code': pollDeviceCode,
  refresh,
  import: importGrant,
  probe,
  forget,
}

/** Does the renewer's work: every job is answered in time, and no exchange is abandoned for that. */
export class JobRunner {
  readonly #options: JobRunnerOptions
  readonly #context: JobContext
  readonly #newestGrants = new NewestGrants()
  readonly #running = new Set<Promise<unknown>>()
  #store: Promise<Store> | undefined

  constructor(options: JobRunnerOptions) {
    const { findProvider, onExchanges, exchangeLimitMs } = options
    this.#options = options
    this.#context = {
      exchanges: new Exchanges({
        ...(onExchanges === undefined ? {} : { onChange: onExchanges }),
        ...(exchangeLimitMs === undefined ? {} : { limitMs: exchangeLimitMs }),
      }),
      newestGrants: this.#newestGrants,
      providerOf: ({ provider }) => findProvider(provider),
      openStore: () => this.#openStore(),
      openOther: options.openOther ?? (() => Promise.reject(new Error('no store is copied here'))),
      rekey: options.rekey ?? (() => Promise.reject(new Error('no store gets new keys here'))),
      isShared: options.isShared ?? false,
      goOn: (work) => this.#track(work),
      now: options.now,
      deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
      onLate: options.onLate ?? (() => {}),
      onLost: options.onLost ?? (() => {}),
      onKept: options.onKept ?? (() => {}),
      onDropped: options.onDropped ?? (() => {}),
    }
  }

  /** The job's result; `onPatience` is told where it takes longer than others may. @throws CmsOauthError */
  run<K extends JobKind>(
    kind: K,
    parameters: Jobs[K]['parameters'],
    onPatience?: () => void,
  ): Promise<Jobs[K]['result']> {
    const work = works[kind] as unknown as Work<K>
    const context = this.#context
    // A start waits for the store as long as that takes.
    const user = userOf(parameters)
    const answered =
      user === undefined
        ? work(context, parameters, unhurried)
        : answerInTime(user, (answering) => work(context, parameters, answering), {
            deadlineMs: context.deadlineMs,
            onPatience,
          })
    this.#track(answered)
    return answered
  }

  /** Takes note of a grant by which the daemon has a token now: jobs under way heed it, too. */
  noteSeen(owner: string, stage: GrantStage): void {
    this.#newestGrants.note(owner, stage)
  }

  /** Resolves when nothing is under way, and the store is closed. */
  async close(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    await this.#context.exchanges.close()
    // What an exchange has begun at its end.
    while (this.#running.size > 0) await Promise.all(this.#running)
    const store = await this.#store?.catch(() => undefined)
    await store?.close()
  }

  #track(work: Promise<unknown>): void {
    const settled = Promise.allSettled([work])
    this.#running.add(settled)
    void settled.then(() => this.#running.delete(settled))
  }

  #openStore(): Promise<Store> {
    if (this.#store === undefined) {
      const store = this.#options.openStore()
      // A store that could not be opened is tried again by the next job.
      store.catch(() => {
        this.#store = undefined
      })
      this.#store = store
    }
    return this.#store
  }
}
