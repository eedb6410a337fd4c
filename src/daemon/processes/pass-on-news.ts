import type { Account } from '../../accounts/account.ts'
import type { FromRenewer } from '../../messages/renewer-messages.ts'
import { errorFromWire } from '../../shapes/wire-error.ts'
import type { RenewerOptions } from './renewer-options.ts'

/** What a renewer tells of an account without being asked. */
type UnaskedMessage = Extract<
  FromRenewer,
  { type: 'durable' | 'late' | 'lost' | 'kept' | 'dropped' }
>

type Listeners = Pick<RenewerOptions, 'onDurable' | 'onLate' | 'onLost' | 'onKept' | 'onDropped'>

/** Tells the daemon; of what comes late under no known account nothing can be done. */
export function passOnNews(
  news: UnaskedMessage,
  listeners: Listeners,
  accountOf: (user: string) => Account | undefined,
): void {
  switch (news.type) {
    case 'durable':
      return listeners.onDurable(news.user)
    case 'lost':
      return listeners.onLost(news.user, errorFromWire(news.error))
    case 'kept':
      return listeners.onKept(news.user)
    case 'dropped':
      return listeners.onDropped(news.user, news.wasRevoked)
    case 'late': {
      const account = accountOf(news.user)
      if (account !== undefined) listeners.onLate(account, news.refreshed)
    }
  }
}
