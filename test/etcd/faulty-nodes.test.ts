/** A node that could not take another one's place is found while the others still answer. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { findFaultyNodes } from '../../src/etcd/faulty-nodes.ts'
import { type EtcdNode, findPlaces, startEtcdNode } from '../support/etcd/etcd-node.ts'

const nodes: EtcdNode[] = []
before(async () => {
  const first = await startEtcdNode()
  nodes.push(
    first,
    await startEtcdNode({ certificates: first.certificates }),
    await startEtcdNode(),
  )
})
after(async () => {
  for (const node of nodes.toReversed()) await node.close()
})

test('of a node that is down, one of another cluster and one with a certificate that is not ours', async () => {
  const [ours, other, foreign] = nodes
  assert.ok(ours && other && foreign)
  const [place] = await findPlaces(1)
  const down = `https://localhost:${place?.clientPort}`
  const byAddress = `https://127.0.0.1:${ours.port}`
  const endpoints = [down, ours.endpoint, byAddress, other.endpoint, foreign.endpoint, down]
  const faults = await findFaultyNodes(endpoints, ours.tls, ours.endpoint)
  const found = faults.map(({ endpoint, trouble }) => [endpoint, trouble])
  assert.deepEqual(
    new Map(found as [string, string][]),
    new Map([
      [down, 'unreachable'],
      [other.endpoint, 'other_cluster'],
      [foreign.endpoint, 'certificate'],
    ]),
  )
  assert.equal(found.length, 3)
})

test('nothing is said of another cluster where ours does not answer', async () => {
  const [ours, other] = nodes
  assert.ok(ours && other)
  const [place] = await findPlaces(1)
  const down = `https://localhost:${place?.clientPort}`
  const faults = await findFaultyNodes([down, other.endpoint], ours.tls, down)
  assert.deepEqual(
    faults.map(({ endpoint }) => endpoint),
    [down],
  )
})
