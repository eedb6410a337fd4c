import type { TokenFileConfiguration } from '../../configuration/configuration.ts'
import {
  type FileSystem,
  proveReplaceable,
  removeFile,
  replaceFile,
  type Rights,
} from '../../files/replaced-file.ts'
import { findOwnership } from '../../kernel/ownership.ts'
import { Secret } from '../../logging/secret.ts'
import { backOffMs } from '../../schedule/back-off.ts'
import { type Clock, type Instant, instantIn, hasPassed } from '../../schedule/clock.ts'
import type { Token } from '../tokens/token.ts'
import { tamperedWith, type FileProblem, problemOf } from './file-problem.ts'
import { identityOf } from './identity.ts'

/** What a token file tells the rest of the daemon. */
export type TokenFileEvent =
  | { event: 'token_file.written'; token: Token }
  | { event: 'token_file.removed' }
  /** Its token may no longer be served and no other has come, or none could be written. */
  | { event: 'token_file.expired' }
  | { event: 'token_file.failed'; problem: FileProblem; isFirst: boolean }

/** What every token file works with. */
export interface TokenFileContext {
  clock: Clock
  random: () => number
  /** Asks for a call of `look` when the moment has come. */
  wakeBy: (instant: Instant) => void
  fileSystem?: FileSystem
}

type Absence = 'token_file.removed' | 'token_file.expired'

/**
 * One file with a token. Its work is done when a call returns, so that a person who has logged out
 * finds no token; what the disk refuses is reported, and tried again with back-off.
 */
export class TokenFile {
  readonly configuration: TokenFileConfiguration
  readonly #context: TokenFileContext
  readonly #onEvent: (event: TokenFileEvent) => void
  readonly #rights: Rights
  #wanted: { text: Secret; token: Token } | undefined
  /** The very file that was written last. */
  #identity: string | undefined
  /** What the file holds, as far as this object wrote it. */
  #written: Token | undefined
  #isExpiryTold = false
  #work = () => {}
  #failures = 0
  #problem: FileProblem | undefined
  #retry: Instant | undefined

  /** @throws ConfigInvalidError where owner or group is not a name here */
  constructor(
    configuration: TokenFileConfiguration,
    context: TokenFileContext,
    onEvent: (event: TokenFileEvent) => void,
  ) {
    this.configuration = configuration
    this.#context = context
    this.#onEvent = onEvent
    this.#rights = { mode: configuration.mode, ownership: findOwnership(configuration) }
  }

  /** Epoch ms: the end of the token in the file; undefined: there is none. */
  get expiresAt(): number | undefined {
    return this.#written?.expiresAt
  }

  /** Why the file is not as it should be; undefined: it is. */
  get problem(): FileProblem | undefined {
    return this.#problem ?? this.#tampering()
  }

  /** Writes this text to the file. A file that holds it already is written again only where `isNew`. */
  write(text: string, token: Token, isNew: boolean): void {
    if (!isNew && this.#wanted?.text.reveal() === text) return
    this.#wanted = { text: new Secret(text), token }
    this.#attempt(() => this.#put(text, token))
  }

  /** Puts back what somebody has removed or replaced; true where that was done. */
  restore(): boolean {
    const { text, token } = this.#wanted ?? {}
    if (text === undefined || token === undefined || this.#problem !== undefined) return false
    if (this.#tampering() === undefined) return false
    this.#attempt(() => this.#put(text.reveal(), token))
    return this.problem === undefined
  }

  /** Removes the file until the next `write`, and checks already whether that one can succeed. */
  remove(absence: Absence): void {
    this.#wanted = undefined
    this.#attempt(() => {
      this.#clear(absence)
      proveReplaceable(this.configuration.path, this.#rights, this.#context.fileSystem)
    })
  }

  /** Takes the file away for the last time. */
  retire(): void {
    this.#wanted = undefined
    this.#attempt(() => this.#clear('token_file.removed'))
  }

  /** Does what the clock says is due. */
  tick(): void {
    if (this.#isOver(this.#wanted?.token)) {
      this.remove('token_file.expired')
    } else if (this.#isOver(this.#written)) {
      // The disk refuses its successor; to remove a file needs no space.
      this.#attempt(this.#work)
      if (this.#isOver(this.#written)) this.#clearQuietly()
    } else if (this.#retry !== undefined && hasPassed(this.#context.clock, this.#retry)) {
      this.#attempt(this.#work)
    }
    this.#askForLook()
  }

  #isOver(token: Token | undefined): boolean {
    return token !== undefined && hasPassed(this.#context.clock, token.serveUntil)
  }

  #put(text: string, token: Token): void {
    replaceFile(this.configuration.path, text, this.#rights, this.#context.fileSystem)
    this.#written = token
    this.#identity = identityOf(this.configuration.path)
    this.#isExpiryTold = false
    this.#onEvent({ event: 'token_file.written', token })
  }

  /** Whether what was written is still there, as it was; one that cannot be checked is. */
  #tampering(): FileProblem | undefined {
    if (this.#written === undefined || this.#identity === undefined) return undefined
    const { path } = this.configuration
    const identity = identityOf(path)
    if (identity === undefined || identity === this.#identity) return undefined
    return tamperedWith(path, identity)
  }

  #clear(absence: Absence): void {
    // A token has expired whatever becomes of its file.
    let isNews = this.#written !== undefined && absence === 'token_file.expired'
    this.#written = undefined
    try {
      if (removeFile(this.configuration.path, this.#context.fileSystem)) isNews = true
    } finally {
      if (isNews) this.#tell(absence)
    }
  }

  /** An expiry that was reported already, of a file that could not go at once, is not reported again. */
  #tell(absence: Absence): void {
    const event = this.#isExpiryTold ? 'token_file.removed' : absence
    this.#isExpiryTold ||= absence === 'token_file.expired'
    this.#onEvent({ event })
  }

  #clearQuietly(): void {
    try {
      this.#clear('token_file.expired')
    } catch (error) {
      // The problem with its successor was reported already.
      if (problemOf(this.configuration.path, error) === undefined) throw error
    }
  }

  #attempt(work: () => void): void {
    this.#work = work
    try {
      work()
      this.#failures = 0
      this.#problem = undefined
      this.#retry = undefined
    } catch (error) {
      const problem = problemOf(this.configuration.path, error)
      if (problem === undefined) throw error
      const { clock, random } = this.#context
      this.#failures++
      this.#problem = problem
      this.#retry = instantIn(clock, backOffMs(this.#failures, undefined, random))
      this.#onEvent({ event: 'token_file.failed', problem, isFirst: this.#failures === 1 })
    }
    this.#askForLook()
  }

  #askForLook(): void {
    const instants = [this.#wanted?.token.serveUntil, this.#written?.serveUntil, this.#retry]
    for (const instant of instants) if (instant !== undefined) this.#context.wakeBy(instant)
  }
}
