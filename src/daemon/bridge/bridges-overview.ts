import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { connectionLimits } from '../../configuration/connection-limits.ts'
import { writeListenAddress } from '../../configuration/listen-address.ts'
import type { BridgesAnswer } from '../../messages/bridge-api.ts'
import type { BridgeTroubles } from './bridge-troubles.ts'
import type { ConnectedClients } from './connected-clients.ts'
import type { UpstreamConnections } from './upstream-connections.ts'

/** What processes have told of the bridges. */
interface Told {
  clients: Pick<ConnectedClients, 'at'>
  upstream: Pick<UpstreamConnections, 'of'>
  troubles: Pick<BridgeTroubles, 'recent'>
}

/** Where they listen, who is connected, and what went wrong in the last hour. */
export function bridgesOverview(
  configurations: readonly BridgeConfiguration[],
  { clients, upstream, troubles }: Told,
): BridgesAnswer {
  const bridges = configurations
    .filter(({ outbox }) => outbox === undefined)
    .map(({ protocol, listen }) => {
      const addresses = listen.map(writeListenAddress)
      return { protocol, listen: addresses, clients: clients.at(addresses) }
    })
  const connections = connectionLimits(configurations).map(({ protocol, user, limit }) => {
    return { protocol, user, count: upstream.of({ protocol, user }), limit }
  })
  return { bridges, troubles: troubles.recent(), connections }
}
