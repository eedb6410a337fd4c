import { isCmsOauthError } from '../errors.ts'
import { runningMs } from '../schedule/clock.ts'
import type { Promises } from './promises.ts'

const askAgainAfterMs = 5 * 60_000

/** What is known of one server. */
interface Known {
  list: readonly string[] | undefined
  askedAtMs: number
  asking: Promise<void> | undefined
}

/**
 * What may be promised of each mail server before anybody is logged in there: from its last login, or
 * asked of it when nothing is known yet, once in five minutes at most.
 */
export class ServerExtensions {
  readonly #promises: Promises
  readonly #known = new Map<string, Known>()

  constructor(promises: Promises) {
    this.#promises = promises
  }

  /** Takes what a server offers after a login or an EHLO. */
  learn(server: string, capabilities: readonly string[]): void {
    this.#entry(server).list = this.#promises.of(capabilities)
  }

  /**
   * What may be promised of all the servers; `ask` makes a connection to one, or is undefined where
   * there may be none.
   */
  async of(
    servers: readonly string[],
    ask: (server: string) => Promise<readonly string[]> | undefined,
  ): Promise<readonly string[]> {
    const lists = await Promise.all(servers.map((server) => this.#listOf(server, ask)))
    const [first = [], ...others] = lists
    const inAll = (line: string) => others.every((list) => isPromised(line, list))
    return first.filter(inAll)
  }

  /** The first that is promised and that the server is now known not to have. */
  findBroken(server: string, promised: readonly string[]): string | undefined {
    const list = this.#known.get(server)?.list
    return list === undefined ? undefined : promised.find((line) => !isPromised(line, list))
  }

  async #listOf(
    server: string,
    ask: (server: string) => Promise<readonly string[]> | undefined,
  ): Promise<readonly string[]> {
    const entry = this.#entry(server)
    const isDue = runningMs() - entry.askedAtMs >= askAgainAfterMs
    if (entry.list === undefined && entry.asking === undefined && isDue) {
      const answer = ask(server)
      if (answer !== undefined) {
        entry.askedAtMs = runningMs()
        entry.asking = this.#take(server, answer)
      }
    }
    if (entry.list === undefined) await entry.asking
    return entry.list ?? this.#promises.safe
  }

  async #take(server: string, answer: Promise<readonly string[]>): Promise<void> {
    try {
      this.learn(server, await answer)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
    } finally {
      this.#entry(server).asking = undefined
    }
  }

  #entry(server: string): Known {
    const known = this.#known.get(server) ?? {
      list: undefined,
      askedAtMs: Number.NEGATIVE_INFINITY,
      asking: undefined,
    }
    this.#known.set(server, known)
    return known
  }
}

/** By the keyword: parameters may have changed. */
function isPromised(line: string, list: readonly string[]): boolean {
  const keyword = line.split(' ')[0]
  return list.some((other) => other.split(' ')[0] === keyword)
}
