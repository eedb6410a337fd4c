import { statSync } from 'node:fs'
import { ProviderUnavailableError } from '../errors.ts'

/** What the daemon was started from is no longer there: its children are of another version, or none. */
export class ProgramReplacedError extends ProviderUnavailableError {}

interface ProgramFilesOptions {
  /** Those that the daemon's children are started from, and its own. */
  paths: readonly string[]
  /** How a person restarts the daemon, as the rest of a sentence. */
  restart: string
}

/**
 * The files that a running program was started from. An update replaces them under it: its children
 * are then of another version, and end at once, or cannot be started.
 */
export class ProgramFiles {
  readonly #restart: string
  readonly #identities: ReadonlyMap<string, string>

  /** Those that are not there now are not missed later. */
  constructor({ paths, restart }: ProgramFilesOptions) {
    this.#restart = restart
    this.#identities = new Map(
      paths.flatMap((path) => {
        const identity = identityOf(path)
        return identity === undefined ? [] : [[path, identity]]
      }),
    )
  }

  /** Why a child was lost: the files, where they have changed since the start, else what it seemed. */
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

/** The time of change counts too: packages give all of their files one time of modification. */
function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(' ')
}
