import type { Log, LogFields } from '../../logging/log.ts'
import type { ServedToken } from '../../sasl/served-token.ts'
import type { PeerCredentials } from '../../kernel/peer-credentials.ts'
import { PeerPrograms } from './peer-programs.ts'

/** A token that leaves, and who gets it. */
export interface GrantedToken extends Pick<ServedToken, 'fingerprint'> {
  user: string
  protocol: string
  peer: PeerCredentials
  /** False where the process that connected is gone: another may have its number. */
  isThere: () => boolean
}

interface Storm {
  count: number
  last: GrantedToken
}

/** So many in a second have a line each. */
const linesEach = 10

/** The line of each token that leaves; of a storm the first ones, and every second how many more there were. */
export class GrantLines {
  readonly #log: Log
  readonly #programs = new PeerPrograms()
  readonly #storms = new Map<string, Storm>()

  constructor(log: Log) {
    this.#log = log
  }

  /**
   * Counts one. True where very many for the same account go to the same user: it has no line of its own then;
   * otherwise `write` is to follow.
   */
  folds(granted: GrantedToken, mayFold: boolean): boolean {
    const key = `${granted.peer.uid} ${granted.protocol} ${granted.user}`
    const storm = this.#storms.get(key) ?? { count: 0, last: granted }
    storm.count++
    storm.last = granted
    this.#storms.set(key, storm)
    if (storm.count > linesEach && mayFold) return true
    storm.count = Math.min(storm.count, linesEach)
    return false
  }

  /** To be called every second: logs the last one of each storm, with the count of those that have no line. */
  sweep(): boolean {
    this.#programs.rest()
    const hadAny = this.#storms.size > 0
    for (const { count, last } of this.#storms.values()) {
      if (count > linesEach) this.write(last, { count: count - linesEach })
    }
    this.#storms.clear()
    return hadAny
  }

  /** Logs one, or the last of a storm with the count of it. */
  write(granted: GrantedToken, more: Pick<LogFields, 'count'> = {}): void {
    const { user, protocol, peer, isThere, fingerprint } = granted
    const { uid, gid, pid } = peer
    const program = this.#programs.of(pid, isThere)
    this.#log.info('token.granted', {
      user,
      protocol,
      uid,
      gid,
      pid,
      ...program,
      fingerprint,
      ...more,
    })
  }
}
