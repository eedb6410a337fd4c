import { type Child, type ChildEnd, reasonOfEnd } from '../../child-process/child.ts'
import { KeptChild } from '../../child-process/kept-child.ts'
import { type OwnMessage, startWatchedChild } from '../../child-process/watched-child.ts'
import type { EtcdStoreConfiguration } from '../../configuration/configuration.ts'
import type { Log } from '../../logging/log.ts'
import type { FromFollower, ToFollower } from '../../messages/follower-messages.ts'
import { fromFollowerShape } from './follower-shape.ts'

/** What a follower says of tokens and of the engine. */
export type FollowerNews = OwnMessage<FromFollower>

interface FollowerChildOptions {
  modulePath: string
  env: NodeJS.ProcessEnv
  log: Log
  store: EtcdStoreConfiguration
  /** Whose tokens are wanted, as it is then. */
  users: () => string[]
  onNews: (news: FollowerNews) => void
  /** It is gone, and another one is started. */
  onLost: (reason: string) => void
}

const heartbeatLimitMs = 30_000

/** The process that holds the watch, started again when it dies. */
export class FollowerChild {
  readonly #options: FollowerChildOptions
  readonly #kept: KeptChild<ToFollower>

  constructor(options: FollowerChildOptions) {
    this.#options = options
    const { log, onLost } = options
    this.#kept = new KeptChild({
      start: (onEnd) => this.#start(onEnd),
      onRestart: (end, delayMs) => {
        const reason = reasonOfEnd(end)
        log.error('follower.crashed', { reason, delayMs })
        onLost(reason)
      },
    })
  }

  /** Others are wanted by now; all are told again. */
  follow(): void {
    this.#kept.send({ type: 'follow', users: this.#options.users() })
  }

  /** Ends it; nothing is lost with it. */
  close(): Promise<void> {
    return this.#kept.close()
  }

  #start(onEnd: (end: ChildEnd) => void): Child<ToFollower, FromFollower> {
    const { modulePath, env, log, store, users, onNews } = this.#options
    const child = startWatchedChild<ToFollower, FollowerNews>(
      { modulePath, env },
      {
        name: 'follower',
        log,
        shape: fromFollowerShape,
        heartbeatLimitMs,
        onMessage: onNews,
        onEnd,
      },
    )
    child.send({ type: 'configure', store })
    child.send({ type: 'follow', users: users() })
    return child
  }
}
