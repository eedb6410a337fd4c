import { mayRotate } from '../../child-process/may-rotate.ts'
import type { CmsOauthError } from '../../errors.ts'
import type { JobKind, Jobs } from '../../messages/renewer-jobs.ts'
import { RenewerLostError } from './renewer-lost-error.ts'
import { resultShapes } from './renewer-shapes.ts'

interface PendingJob {
  kind: JobKind
  isExpected: boolean
  resolve: (result: never) => void
  reject: (error: CmsOauthError) => void
}

/** The jobs that a renewer has been given and has not answered, by their number. */
export class PendingJobs {
  readonly #jobs = new Map<number, PendingJob>()
  #lastId = 0

  get size(): number {
    return this.#jobs.size
  }

  /** How many of them are answered soon. */
  get expected(): number {
    return [...this.#jobs.values()].filter(({ isExpected }) => isExpected).length
  }

  /** Adds a job. */
  add<K extends JobKind>(kind: K): { id: number; answered: Promise<Jobs[K]['result']> } {
    const id = ++this.#lastId
    const answered = new Promise<Jobs[K]['result']>((resolve, reject) => {
      this.#jobs.set(id, { kind, isExpected: true, resolve, reject })
    })
    return { id, answered }
  }

  /** Says that a job is answered when its provider is done. */
  letWait(id: number): void {
    const job = this.#jobs.get(id)
    if (job !== undefined) job.isExpected = false
  }

  /**
   * Answers a job with what its renewer gave. Where the result has another form than its kind should have,
   * the job stays open and the place of the fault is returned: see Shape.
   */
  resolve(id: number, result: unknown): string | undefined {
    const kind = this.#kindOf(id)
    if (kind === undefined) return undefined
    const place = resultShapes[kind](result)
    if (place === undefined) this.#take(id)?.resolve(result as never)
    return place
  }

  /** Fails the job that a message belongs to, if it belongs to one, because nobody understands it. */
  rejectMisunderstood(message: unknown): void {
    const id = (message as { id?: unknown } | null | undefined)?.id
    const kind = typeof id === 'number' ? this.#kindOf(id) : undefined
    if (kind !== undefined) {
      this.reject(id as number, RenewerLostError.misunderstood(mayRotate(kind)))
    }
  }

  /** Answers a job with why there is no result. */
  reject(id: number, error: CmsOauthError): void {
    this.#take(id)?.reject(error)
  }

  /** Fails all of them. */
  rejectAll(errorOf: (kind: JobKind) => CmsOauthError): void {
    for (const { kind, reject } of this.#jobs.values()) reject(errorOf(kind))
    this.#jobs.clear()
  }

  /** Undefined for one that nobody waits for. */
  #kindOf(id: number): JobKind | undefined {
    return this.#jobs.get(id)?.kind
  }

  #take(id: number): PendingJob | undefined {
    const job = this.#jobs.get(id)
    this.#jobs.delete(id)
    return job
  }
}
