import { isDeepStrictEqual } from 'node:util'
import type { TokenFileConfiguration } from '../../configuration/configuration.ts'
import { ConfigInvalidError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { type FileSystem, proveReplaceable, removeLeftovers } from '../../files/replaced-file.ts'
import { findOwnership } from '../../kernel/ownership.ts'
import { RefreshAlarm } from '../../schedule/alarm.ts'
import type { Clock } from '../../schedule/clock.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { ownershipHint, problemOf } from './file-problem.ts'
import { tokenFileText } from './token-file-text.ts'
import { TokenFile, type TokenFileContext, type TokenFileEvent } from './token-file.ts'

interface TokenFilesOptions {
  clock: Clock
  random: () => number
  onEvent: (file: TokenFile, event: TokenFileEvent) => void
  /** The system's own unless a test says otherwise. */
  fileSystem?: FileSystem
}

/**
 * The token files of the configuration in force: each holds the token that a socket would serve at
 * the moment, and is not there when there is none. They outlive the process, so that a restart
 * costs no mail; what an earlier one left stays until the account's first refresh has ended.
 */
export class TokenFiles {
  readonly #options: TokenFilesOptions
  readonly #context: TokenFileContext
  readonly #alarm: RefreshAlarm
  #byPath = new Map<string, TokenFile>()
  readonly #byAccount = new Map<string, TokenFile[]>()

  constructor(options: TokenFilesOptions) {
    const { clock, random, fileSystem } = options
    this.#options = options
    this.#alarm = new RefreshAlarm(clock, () => {
      for (const file of this.#byPath.values()) file.tick()
    })
    this.#context = {
      clock,
      random,
      wakeBy: (instant) => this.#alarm.wakeBy(instant),
      ...(fileSystem === undefined ? {} : { fileSystem }),
    }
  }

  /**
   * Refuses what time does not fix: an owner or group that is unknown, or that this process cannot give
   * a file to. A directory that is missing is not of that kind.
   * @throws ConfigInvalidError
   */
  requireOwnership(configurations: readonly TokenFileConfiguration[]): void {
    for (const configuration of configurations) {
      const { path, mode } = configuration
      const ownership = findOwnership(configuration)
      if (ownership === undefined) continue
      try {
        proveReplaceable(path, { mode, ownership }, this.#options.fileSystem)
      } catch (error) {
        if (problemOf(path, error) === undefined) throw error
        const { code, syscall } = error as NodeJS.ErrnoException
        if (code === 'EPERM' && syscall === 'fchown') throw cannotGiveAway(configuration, error)
      }
    }
  }

  /**
   * Makes the files those of the configuration, for tokens as `find` gives them. Returns the paths of
   * those that were removed or replaced by somebody, and are there again.
   */
  apply(
    configurations: readonly TokenFileConfiguration[],
    find: (user: string) => AccountToken | undefined,
  ): string[] {
    const restored: string[] = []
    const before = this.#byPath
    this.#byPath = new Map()
    this.#byAccount.clear()
    for (const configuration of configurations) {
      const { path, account } = configuration
      const token = find(account)
      const old = before.get(path)
      before.delete(path)
      const file = this.#take(configuration, old)
      this.#byPath.set(path, file)
      this.#byAccount.set(account, [...(this.#byAccount.get(account) ?? []), file])
      // What takes the place of another entry's file must not wait for a token to do so.
      if (old !== undefined && old !== file && token?.servable === undefined) old.retire()
      if (token !== undefined) show(file, token, false)
      if (file.restore()) restored.push(path)
    }
    for (const file of before.values()) file.retire()
    return restored
  }

  /** Takes up what has happened to an account's token; `isNew` where one has come. */
  follow(token: AccountToken, isNew: boolean): void {
    for (const file of this.of(token.account.user)) show(file, token, isNew)
  }

  /** The files with the token of an account. */
  of(user: string): readonly TokenFile[] {
    return this.#byAccount.get(user) ?? []
  }

  /** Stops the clock; the files stay. */
  stop(): void {
    this.#alarm.stop()
  }

  #take(configuration: TokenFileConfiguration, old: TokenFile | undefined): TokenFile {
    if (old !== undefined && isDeepStrictEqual(old.configuration, configuration)) return old
    const { path } = configuration
    try {
      removeLeftovers(path, this.#options.fileSystem)
    } catch (error) {
      // Whatever is the matter with the directory, the first write will tell.
      if (problemOf(path, error) === undefined) throw error
    }
    const file: TokenFile = new TokenFile(configuration, this.#context, (event) =>
      this.#options.onEvent(file, event),
    )
    return file
  }
}

/** Makes the file show what the account's token is at the moment. */
function show(file: TokenFile, token: AccountToken, isNew: boolean): void {
  const { servable, state, account } = token
  if (servable !== undefined) {
    file.write(tokenFileText(file.configuration, account, servable), servable, isNew)
    return
  }
  switch (state.name) {
    case 'signed_out':
      return file.remove('token_file.removed')
    case 'backing_off':
    case 'sign_in_required':
    case 'misconfigured':
      return file.remove('token_file.expired')
    case 'active':
    case 'refreshing':
    case 'waiting':
    case 'awaiting_store':
    // A token may come in a moment; the clock ends the one that is there.
  }
}

function cannotGiveAway(
  { path, owner, group }: TokenFileConfiguration,
  cause: unknown,
): ConfigInvalidError {
  const whom = [
    ...(owner === undefined ? [] : [`owner = "${owner}"`]),
    ...(group === undefined ? [] : [`group = "${group}"`]),
  ].join(', ')
  const message = `the token file "${path}" cannot be given to ${whom}: ${withErrnoWords('EPERM')}`
  return new ConfigInvalidError(message, { hint: ownershipHint, cause })
}
