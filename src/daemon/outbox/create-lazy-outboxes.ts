import type { Accounts } from '../../accounts/accounts.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { Log } from '../../logging/log.ts'
import type { Broker } from '../broker/broker.ts'
import type { Counters } from '../metrics/counters.ts'
import type { TokenSource } from '../socket/token-source.ts'
import type { InheritedSocket } from '../systemd.ts'
import { LazyOutboxes } from './lazy-outboxes.ts'

interface OutboxesOptions extends Pick<Configuration, 'store'> {
  outboxPath: string
  senderPath: string
  inherited: readonly InheritedSocket[]
  counters: Counters
  log: Log
  tokens: TokenSource
  accounts: () => Accounts
}

/** The outboxes of a daemon, connected to its broker; their code is run when the first is configured. */
export function createLazyOutboxes(
  broker: Broker,
  { tokens, ...given }: OutboxesOptions,
): LazyOutboxes {
  return new LazyOutboxes(async () => {
    const { createOutboxes } = await import('./create-outboxes.ts')
    return createOutboxes({
      ...given,
      tokens: {
        serve: (user) => tokens.serve(user),
        refresh: (user) => broker.refresh(user),
      },
      subscribe: (listener) => broker.subscribe(listener),
      notify: (notice) => broker.notify(notice),
    })
  })
}
