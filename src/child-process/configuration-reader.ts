import type { AccountConfiguration, Configuration } from '../configuration/configuration.ts'
import { isCmsOauthError, ProviderUnavailableError } from '../errors.ts'
import type { FromReader, Inspection, ReaderResults } from '../messages/configuration-answer.ts'
import type { ProgramFiles } from '../package/program-files.ts'
import { errorFromWire } from '../shapes/wire-error.ts'
import { Child, type ChildEnd } from './child.ts'
import { fromReaderShape, readerResultShapes } from './reader-shapes.ts'

interface ReaderOptions {
  /** The reader's program file. */
  modulePath: string
  /** Where the reader looks for the configuration. */
  env: NodeJS.ProcessEnv
  programFiles?: ProgramFiles
  /** How long it may take. */
  limitMs?: number
}

type Request = keyof ReaderResults

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
  async load(file?: string): Promise<Configuration> {
    const accounts: AccountConfiguration[] = []
    const rest = await this.#ask('load', file, accounts)
    return { ...rest, accounts }
  }

  /**
   * Every key of the configuration, as text with lines of at most so many characters.
   * @throws ProviderUnavailableError
   */
  describe(columns = Infinity): Promise<string> {
    return this.#ask('describe', String(columns))
  }

  /**
   * What of the surroundings does not fit the configuration: files, programs, groups, variables. It is
   * checked where nothing that hangs, and no secret that is read, stays.
   * @throws CmsOauthError as `load` does
   */
  inspect(file?: string): Promise<Inspection> {
    return this.#ask('inspect', file)
  }

  async #ask<K extends Request>(
    request: K,
    file?: string,
    accounts: AccountConfiguration[] = [],
  ): Promise<ReaderResults[K]> {
    try {
      return await this.#run(request, accounts, file)
    } catch (loss) {
      const error = isCmsOauthError(loss) ? loss : this.#explain(loss)
      if (isCmsOauthError(error)) throw error
      const named = file === undefined ? '' : ` "${file}"`
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
   * Settles with the answer: the process ends beside what its asker does next, which takes as long as a
   * tenth of the daemon's start. One that is not gone in time is killed, and not waited for: the kernel
   * may hold it until a disk answers.
   */
  #run<K extends Request>(
    request: K,
    accounts: AccountConfiguration[],
    file?: string,
  ): Promise<ReaderResults[K]> {
    const { modulePath, env, limitMs = defaultLimitMs } = this.#options
    return new Promise((resolve, reject) => {
      const settle = ({ result, error }: Outcome<ReaderResults[K]>) => {
        if (result === undefined) reject(error)
        else resolve(result)
      }
      const child = new Child<never, FromReader>(
        { modulePath, args: file === undefined ? [request] : [request, file], env },
        {
          shape: fromReaderShape,
          onMessage: (message) => {
            if (message.type === 'accounts') return void accounts.push(...message.accounts)
            const outcome = outcomeIn(message, request)
            if (outcome !== undefined) settle(outcome)
          },
          onMalformed: (reason) => settle(misunderstood(reason)),
          onEnd: (end) => {
            clearTimeout(timer)
            settle({ error: lossOf(end) })
          },
        },
      )
      const giveUp = () => {
        child.kill()
        child.abandon()
        settle({ error: new ReaderTimeoutError(limitMs) })
      }
      // After a pause of the whole machine timers are first: what has come meanwhile is read before.
      const timer = setTimeout(() => setImmediate(giveUp), limitMs)
    })
  }
}

/** What has become of a request. */
type Outcome<T> = { result: T; error?: never } | { result?: never; error: Error }

/** What a message says of it; undefined: nothing. */
function outcomeIn<K extends Request>(
  message: Exclude<FromReader, { type: 'accounts' }>,
  request: K,
): Outcome<ReaderResults[K]> | undefined {
  switch (message.type) {
    case 'heartbeat':
      return undefined
    case 'crash': {
      const { kind, frames } = message.report
      const where = [kind, ...frames.slice(0, 1)].join(', ')
      return { error: new Error(`the reader met an error of its own (${where})`) }
    }
    case 'failure':
      return { error: errorFromWire(message.error) }
    case 'result': {
      const { result } = message
      const place = readerResultShapes[request](result)
      if (place !== undefined) return misunderstood(`the result is not as agreed at "${place}"`)
      return { result: result as ReaderResults[K] }
    }
  }
}

function misunderstood(reason: string): { error: Error } {
  return { error: new Error(`the reader is not understood: ${reason}`) }
}

function lossOf(end: ChildEnd): Error {
  return 'reason' in end ? new Error(`the reader exited with ${end.reason}`) : end.notStarted
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
