import { fork } from 'node:child_process'
import {
  errorFromWire,
  isCmsOauthError,
  ProviderUnavailableError,
  type WireError,
} from '../errors.ts'
import { withoutDebugger } from '../kernel/without-debugger.ts'
import type { ProgramFiles } from '../program-files.ts'
import type { Configuration } from './configuration.ts'

interface ReaderOptions {
  /** The reader's program file. */
  modulePath: string
  /** Where the reader looks for the configuration. */
  env: NodeJS.ProcessEnv
  programFiles?: ProgramFiles
}

/** What the reader's process says once. */
export type ReaderAnswer = { result: Configuration | string } | { error: WireError }

/**
 * Reads the configuration in a process of its own: what parser and schemas take, a fifth of the idle
 * daemon, is given back only by the end of a process.
 */
export class ConfigurationReader {
  readonly #options: ReaderOptions

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  /**
   * The checked configuration, of `file` if one is given.
   * @throws CmsOauthError as loadConfiguration; ProviderUnavailableError where there is no process
   */
  load(file?: string): Promise<Configuration> {
    return this.#ask<Configuration>(file === undefined ? ['load'] : ['load', file])
  }

  /** Every key of the configuration, as text. @throws ProviderUnavailableError */
  describe(): Promise<string> {
    return this.#ask<string>(['describe'])
  }

  async #ask<T extends Configuration | string>(args: string[]): Promise<T> {
    try {
      const answer = await this.#run(args)
      if ('error' in answer) throw errorFromWire(answer.error)
      return answer.result as T
    } catch (loss) {
      const error = isCmsOauthError(loss) ? loss : this.#explain(loss)
      if (isCmsOauthError(error)) throw error
      throw new ProviderUnavailableError(
        `the configuration could not be read: ${(error as Error).message}`,
        { hint: 'look at the memory and process limits of the machine', cause: error },
      )
    }
  }

  #explain(loss: unknown): unknown {
    return this.#options.programFiles?.explain(loss) ?? loss
  }

  /** Resolves when the process is gone: nobody meets it beside the daemon's other children. */
  #run(args: string[]): Promise<ReaderAnswer> {
    const { modulePath, env } = this.#options
    return new Promise((resolve, reject) => {
      const child = fork(modulePath, args, {
        execArgv: [...withoutDebugger],
        env,
        // A library's last words may hold a secret of the file.
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      })
      let answer: ReaderAnswer | undefined
      child.once('message', (message) => (answer = message as ReaderAnswer))
      child.once('error', reject)
      child.once('close', (code, signal) => {
        if (answer !== undefined) resolve(answer)
        else reject(new Error(`the reader ended by ${signal ?? `status ${code}`}`))
      })
    })
  }
}
