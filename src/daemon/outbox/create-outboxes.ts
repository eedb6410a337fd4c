import type { Accounts } from '../../accounts/accounts.ts'
import { spoolConfinement } from '../../child-process/confinements.ts'
import {
  childEnvironment,
  confinedEnvironment,
  networkEnvironment,
} from '../../child-process/environment.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { Log } from '../../logging/log.ts'
import type { Broker } from '../broker/broker.ts'
import type { Counters } from '../metrics/counters.ts'
import type { TokenSource } from '../socket/token-source.ts'
import type { InheritedSocket } from '../systemd.ts'
import type { TokenReplacement } from '../tokens/refused-tokens.ts'
import { Courier } from './courier.ts'
import { Outboxes } from './outboxes.ts'
import { SenderHandle } from './sender-handle.ts'

interface OutboxSurroundings extends Pick<Configuration, 'store'> {
  /** The program files of the outbox and of the sender. */
  outboxPath: string
  senderPath: string
  tokens: TokenSource
  refusedTokens: TokenReplacement
  accounts: () => Accounts
  /** Says when there is a new token, and tells people. */
  broker: Pick<Broker, 'subscribe' | 'notify'>
  inherited: readonly InheritedSocket[]
  counters: Pick<Counters, 'countDelivery'>
  log: Log
}

/** The outboxes; nothing is open, and no process runs, before a configuration is applied. */
export function createOutboxes(surroundings: OutboxSurroundings): Outboxes {
  const { outboxPath, senderPath, tokens, refusedTokens, accounts, broker, store, ...others } =
    surroundings
  const { log } = others
  const confinement = spoolConfinement(store.stateDirectory)
  const sender = new SenderHandle({
    modulePath: senderPath,
    env: confinedEnvironment(networkEnvironment(process.env), confinement),
    log,
  })
  const outboxes = new Outboxes({
    ...others,
    modulePath: outboxPath,
    env: confinedEnvironment(childEnvironment(process.env), confinement),
    courier: new Courier({
      tokens,
      refusedTokens,
      findAccount: (user) => accounts().find(user),
      deliver: (delivery) => sender.deliver(delivery),
    }),
    probe: (route) => sender.probe(route),
    closeSender: () => sender.close(),
    notify: (notice) => broker.notify(notice),
  })
  broker.subscribe(({ event, user }) => {
    const isNew = event === 'token.refreshed' || event === 'token.adopted'
    if (isNew && user !== undefined) outboxes.retry(user)
  })
  return outboxes
}
