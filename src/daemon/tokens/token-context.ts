import type { Account } from '../../accounts/account.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { Clock } from '../../schedule/clock.ts'
import type { RefreshQueue } from './refresh-queue.ts'
import type { TokenEvent } from './token-event.ts'

/** What every account's token works with. */
export interface TokenContext<Subject> {
  /** `hasToken` while an older token serves. */
  refresh: (account: Account, hasToken: boolean) => Promise<FreshToken>
  clock: Clock
  random: () => number
  queue: RefreshQueue
  /** From the configuration in force. */
  policy: () => { beforeExpiryMs: number; answerWithinMs: number }
  onEvent: (subject: Subject, event: TokenEvent) => void
}
