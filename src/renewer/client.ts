import type { JobKind, Jobs } from './messages.ts'
import { RenewerLostError } from './renewer-lost-error.ts'
import type { RenewerOptions } from './renewer-options.ts'
import { RenewerProcess } from './renewer-process.ts'

/**
 * The daemon's side of the renewer: starts the process when there is a job, hands jobs over, ends
 * it when idle, kills it when it is stuck. A crash costs the jobs under way, each of which ends
 * with RenewerLostError.
 */
export class Renewer {
  readonly #options: RenewerOptions
  #process: RenewerProcess | undefined

  constructor(options: RenewerOptions) {
    this.#options = options
  }

  /** Pid of the running process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /**
   * Runs a job. @throws CmsOauthError as the renewer sent it; RenewerLostError if it ended, or
   * ProgramReplacedError where its program is no longer that of the start
   */
  async run<K extends JobKind>(
    kind: K,
    parameters: Jobs[K]['parameters'],
  ): Promise<Jobs[K]['result']> {
    try {
      this.#process ??= this.#start()
      return await this.#process.run(kind, parameters)
    } catch (error) {
      const { programFiles } = this.#options
      throw error instanceof RenewerLostError ? (programFiles?.explain(error) ?? error) : error
    }
  }

  /** Lets the process finish and seal what is under way; resolves when it is gone. */
  async close(): Promise<void> {
    await this.#process?.close()
  }

  #start(): RenewerProcess {
    try {
      return new RenewerProcess(this.#options, (gone) => {
        if (this.#process === gone) this.#process = undefined
      })
    } catch (error) {
      const { syscall } = error as NodeJS.ErrnoException
      throw syscall === undefined
        ? error
        : RenewerLostError.notStarted(error as NodeJS.ErrnoException)
    }
  }
}
