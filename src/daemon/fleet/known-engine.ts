import { StoreLockedError } from '../../errors.ts'
import type { EngineState } from '../../messages/follower-messages.ts'
import { runningMs } from '../../schedule/clock.ts'
import { errorToWire } from '../../shapes/wire-error.ts'

/** A follower tells of its engine every half minute, and reads a large store for as long again. */
const longestSilenceMs = 120_000

/** What was last told of the engine, and how long ago: a follower that is stopped tells nothing more. */
export class KnownEngine {
  readonly #now: () => number
  #state: EngineState = { isReachable: false, isListed: false }
  #toldAtMs: number

  /** By a clock that counts while this process runs. */
  constructor(now: () => number = runningMs) {
    this.#now = now
    this.#toldAtMs = now()
  }

  /** As the follower said, or that it says nothing any more. */
  get state(): EngineState {
    const silentMs = this.#now() - this.#toldAtMs
    if (silentMs < longestSilenceMs) return this.#state
    return { ...this.#state, isReachable: false, error: errorToWire(silentFor(silentMs)) }
  }

  /** Takes what the follower tells. */
  take(state: EngineState): void {
    this.#state = state
    this.#toldAtMs = this.#now()
  }

  /** The follower is gone, and its successor tells all again. */
  noteLost(): void {
    this.take({ ...this.#state, isReachable: false })
  }
}

function silentFor(silentMs: number): StoreLockedError {
  const minutes = Math.floor(silentMs / 60_000)
  return new StoreLockedError(`the follower has said nothing of the etcd for ${minutes} min`, {
    hint: 'restart cms-oauthd, or continue the follower if it was stopped: "ps -C cms-oauth-follo -o pid,stat" shows T then',
    actor: 'you',
  })
}
