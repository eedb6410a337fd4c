import { EtcdClient, type EtcdClientOptions } from '../../../src/etcd/etcd-client.ts'
import { createSystemClock } from '../../../src/schedule/clock.ts'
import type { EtcdCluster } from './etcd-cluster.ts'
import { passwords } from './users.ts'

const clock = createSystemClock()

interface ClientChanges {
  endpoints?: readonly string[]
  user?: keyof typeof passwords
  password?: string
  tls?: { ca?: Buffer; cert?: Buffer; key?: Buffer }
  rightOf?: EtcdClientOptions['rightOf']
}

/** A client of an engine of a test; `relay` unless said otherwise. */
export function createClient(
  { endpoints, tls }: Pick<EtcdCluster, 'endpoints' | 'tls'>,
  { user = 'relay', ...changes }: ClientChanges = {},
): EtcdClient {
  const password = changes.password ?? passwords[user]
  return new EtcdClient({
    endpoints: changes.endpoints ?? endpoints,
    tls: changes.tls ?? tls,
    credentials: { user, password: () => Promise.resolve(password) },
    ...(changes.rightOf !== undefined && { rightOf: changes.rightOf }),
    bootMs: () => clock.bootMs(),
  })
}
