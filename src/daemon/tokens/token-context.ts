import type { Account } from '../../accounts/account.ts'
import type { FreshToken, GrantStage, TokenStage } from '../../messages/renewer-jobs.ts'
import type { Clock } from '../../schedule/clock.ts'
import type { RefreshQueue } from './refresh-queue.ts'
import type { TokenEvent } from './token-event.ts'
import type { Later } from './token-state.ts'

/** What there is of an account's tokens when a refresh begins. */
export interface HeldToken {
  /** True while an older token serves. */
  hasToken: boolean
  /** Which one that is, where hosts share theirs. */
  known?: TokenStage
  /** Of all tokens here that are by the same sign-in, where hosts share theirs. */
  newest?: GrantStage
}

/** What every account's token works with. */
export interface TokenContext<Subject> {
  refresh: (account: Account, held: HeldToken) => Promise<FreshToken | { later: Later }>
  clock: Clock
  random: () => number
  queue: RefreshQueue
  /** From the configuration in force. */
  policy: () => { beforeExpiryMs: number; answerWithinMs: number }
  onEvent: (subject: Subject, event: TokenEvent) => void
}
