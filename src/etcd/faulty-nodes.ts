import { openFields, type Shape } from '../shapes/shape.ts'
import { type EtcdError, EtcdUnavailableError } from './etcd-error.ts'
import { statusPath } from './gateway.ts'
import { readGatewayAnswer } from './gateway-answer.ts'
import { AttemptError, type EtcdTls, sendToGateway } from './gateway-request.ts'
import { troubleOf } from './trouble.ts'

const limitMs = 4_000
const anyShape: Shape<object> = openFields<object>({})

/**
 * Asks each endpoint how it is, one after the other; what is wrong with those that could not take
 * another one's place. A node of another cluster than that at `current` is one of them.
 */
export async function findFaultyNodes(
  endpoints: readonly string[],
  tls: EtcdTls,
  current: string,
): Promise<EtcdError[]> {
  const faults: EtcdError[] = []
  const clusters = new Map<string, string>()
  for (const endpoint of new Set(endpoints)) {
    try {
      clusters.set(endpoint, await clusterOf(endpoint, tls))
    } catch (error) {
      if (!(error instanceof AttemptError)) throw error
      faults.push(new EtcdUnavailableError(endpoint, error.trouble, error.cause))
    }
  }
  const ours = clusters.get(current)
  for (const [endpoint, cluster] of clusters) {
    if (ours === undefined || cluster === ours) continue
    faults.push(new EtcdUnavailableError(endpoint, troubleOf('other_cluster', current)))
  }
  return faults
}

async function clusterOf(endpoint: string, tls: EtcdTls): Promise<string> {
  const request = { endpoint, path: statusPath, body: '{}', tls, token: undefined, limitMs }
  const answer = await sendToGateway({ ...request, agent: false, isOfNode: true })
  try {
    const { header } = await readGatewayAnswer(answer.response, anyShape, limitMs)
    return header.cluster_id
  } finally {
    answer.destroy()
  }
}
