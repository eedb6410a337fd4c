import type { Account } from '../../accounts/account.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { Clock } from '../../schedule/clock.ts'
import type { RefreshQueue } from './refresh-queue.ts'
import type { TokenEvent } from './token-event.ts'
import type { Later } from './token-state.ts'

/** What every account's token works with. */
export interface TokenContext<Subject> {
  /** `hasToken` while an older token serves, whose number is `known` where hosts share their tokens. */
  refresh: (
    account: Account,
    held: { hasToken: boolean; known?: number },
  ) => Promise<FreshToken | { later: Later }>
  clock: Clock
  random: () => number
  queue: RefreshQueue
  /** From the configuration in force. */
  policy: () => { beforeExpiryMs: number; answerWithinMs: number }
  onEvent: (subject: Subject, event: TokenEvent) => void
}
