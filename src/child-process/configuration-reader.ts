import { fork } from 'node:child_process'
import type { Configuration } from '../configuration/configuration.ts'
import { errorFromWire, isCmsOauthError, ProviderUnavailableError } from '../errors.ts'
import { withoutDebugger } from '../kernel/without-debugger.ts'
import type { Inspection, ReaderAnswer, ReaderResult } from '../messages/configuration-answer.ts'
import type { ProgramFiles } from '../package/program-files.ts'

interface ReaderOptions {
  /** The reader's program file. */
  modulePath: string
  /** Where the reader looks for the configuration. */
  env: NodeJS.ProcessEnv
  programFiles?: ProgramFiles
  /** How long it may take. */
  limitMs?: number
}

/** A file on a network or a FUSE mount may never be read; a slow machine takes a second. */
const defaultLimitMs = 20_000

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
   * @throws CmsOauthError as loadConfiguration; ProviderUnavailableError where there is no process, or
   * none that answers in time
   */
  load(file?: string): Promise<Configuration> {
    return this.#ask<Configuration>(file === undefined ? ['load'] : ['load', file])
  }

  /** Every key of the configuration, as text. @throws ProviderUnavailableError */
  describe(): Promise<string> {
    return this.#ask<string>(['describe'])
  }

  /**
   * What of the surroundings does not fit the configuration: files, programs, groups, variables. It is
   * checked where nothing that hangs, and no secret that is read, stays.
   * @throws CmsOauthError as `load` does
   */
  inspect(file?: string): Promise<Inspection> {
    return this.#ask<Inspection>(file === undefined ? ['inspect'] : ['inspect', file])
  }

  async #ask<T extends ReaderResult>(args: string[]): Promise<T> {
    try {
      const answer = await this.#run(args)
      if ('error' in answer) throw errorFromWire(answer.error)
      return answer.result as T
    } catch (loss) {
      const error = isCmsOauthError(loss) ? loss : this.#explain(loss)
      if (isCmsOauthError(error)) throw error
      const named = args[1] === undefined ? '' : ` "${args[1]}"`
      throw new ProviderUnavailableError(
        `the configuration${named} could not be read: ${(error as Error).message}`,
        { hint: hintFor(error as Error), cause: error },
      )
    }
  }

  #explain(loss: unknown): unknown {
    return this.#options.programFiles?.explain(loss) ?? loss
  }

  /**
   * Resolves when the process is gone: nobody meets it beside the daemon's other children. One that is
   * not gone in time is killed, and not waited for: the kernel may hold it until a disk answers.
   */
  #run(args: string[]): Promise<ReaderAnswer> {
    const { modulePath, env, limitMs = defaultLimitMs } = this.#options
    return new Promise((resolve, reject) => {
      const child = fork(modulePath, args, {
        execArgv: [...withoutDebugger],
        env,
        // A library's last words may hold a secret of the file.
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      })
      let answer: ReaderAnswer | undefined
      const settle = (reason: Error) => {
        clearTimeout(timer)
        if (answer === undefined) reject(reason)
        else resolve(answer)
      }
      const giveUp = () => {
        child.kill('SIGKILL')
        if (child.connected) child.disconnect()
        child.unref()
        settle(new ReaderTimeoutError(limitMs))
      }
      // After a pause of the whole machine timers are first: what has come meanwhile is read before.
      const timer = setTimeout(() => setImmediate(giveUp), limitMs)
      child.once('message', (message) => (answer = message as ReaderAnswer))
      child.once('error', settle)
      child.once('close', (code, signal) => {
        settle(new Error(`the reader exited with ${signal ?? `status ${code}`}`))
      })
    })
  }
}

class ReaderTimeoutError extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1_000} s`)
  }
}

function hintFor(error: Error): string {
  return error instanceof ReaderTimeoutError
    ? 'check the file and the disk that it is on: a network file system or a mount may not answer'
    : 'check the memory and process limits of the machine'
}
