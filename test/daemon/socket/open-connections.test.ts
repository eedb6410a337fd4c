import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenConnections } from '../../../src/daemon/socket/open-connections.ts'

test('a place is taken again, and its connection is forgotten', () => {
  const connections = new OpenConnections<string>()
  const [first, second] = [connections.add('first'), connections.add('second')]
  assert.deepEqual([...connections], ['first', 'second'])
  connections.remove(first)
  assert.deepEqual([...connections], ['second'])
  assert.equal(connections.size, 1)
  assert.equal(connections.add('third'), first)
  assert.deepEqual([...connections], ['third', 'second'])
  connections.remove(second)
  connections.remove(first)
  assert.equal(connections.size, 0)
  assert.deepEqual([...connections], [])
})

test('one that closes while all are gone through is left out', () => {
  const connections = new OpenConnections<number>()
  const places = [0, 1, 2].map((connection) => connections.add(connection))
  const seen: number[] = []
  for (const connection of connections) {
    seen.push(connection)
    if (connection === 0) connections.remove(places[1] ?? 0)
  }
  assert.deepEqual(seen, [0, 2])
})
