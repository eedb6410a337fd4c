import { findFreePorts } from '../free-ports.ts'
import {
  type EtcdCluster,
  type EtcdMember,
  type EtcdOptions,
  type MemberPlace,
  startEtcdCluster,
} from './etcd-cluster.ts'

/** One node of etcd on loopback, with TLS, users and roles. */
export type EtcdNode = EtcdCluster & EtcdMember

/** Starts it; resolves when it answers and its users are there. @throws with its log */
export async function startEtcdNode(options: EtcdOptions = {}): Promise<EtcdNode> {
  const cluster = await startEtcdCluster(await findPlaces(1), options)
  return { ...cluster, ...(cluster.members[0] as EtcdMember) }
}

/** Free places on loopback. */
export async function findPlaces(count: number): Promise<MemberPlace[]> {
  const ports = await findFreePorts(2 * count)
  return Array.from({ length: count }, (_, index) => ({
    address: '127.0.0.1',
    clientPort: ports[2 * index] ?? 0,
    peerPort: ports[2 * index + 1] ?? 0,
  }))
}
