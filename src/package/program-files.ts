import { statSync } from 'node:fs'
import { ProviderUnavailableError } from '../errors.ts'

/**
 * The files that the daemon was started from were replaced or removed: its children are of another
 * version, or cannot be started.
 */
export class ProgramReplacedError extends ProviderUnavailableError {}

interface ProgramFilesOptions {
  /** The daemon's own files, and those of its children. */
  paths: readonly string[]
  /** How a person restarts the daemon, as the rest of a sentence. */
  restart: string
}

/**
 * The files that a running program was started from. An update replaces them while the program
 * runs: its children are then of another version and exit immediately, or cannot be started.
 */
export class ProgramFiles {
  readonly #restart: string
  readonly #identities: ReadonlyMap<string, string>

  /** Files that do not exist now are not reported as missing later. */
  constructor({ paths, restart }: ProgramFilesOptions) {
    this.#restart = restart
    this.#identities = new Map(
      paths.flatMap((path) => {
        const identity = identityOf(path)
        return identity === undefined ? [] : [[path, identity]]
      }),
    )
  }

  /**
   * Why a child was lost: a ProgramReplacedError if the files have changed since the start, else
   * `loss`.
   */
  explain<E>(loss: E): E | ProgramReplacedError {
    for (const [path, before] of this.#identities) {
      const now = identityOf(path)
      if (now === before) continue
      const [verb, first] =
        now === undefined ? ['removed', 'install it again, then '] : ['replaced', '']
      return new ProgramReplacedError(`the program files of cms-oauthd were ${verb}: "${path}"`, {
        hint: `${first}${this.#restart}`,
        actor: 'you',
        isFateUnknown: loss instanceof ProviderUnavailableError && loss.isFateUnknown,
        cause: loss,
      })
    }
    return loss
  }
}

/** Includes ctime, because packages give all their files the same mtime. */
function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(' ')
}
