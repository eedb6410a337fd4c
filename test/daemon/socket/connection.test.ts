import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Connection, connectionLimitMs } from '../../../src/daemon/socket/connection.ts'
import { runningMs } from '../../../src/schedule/clock.ts'
import { assertSentence } from '../../support/golden.ts'
import { open, readAll, temporaryDirectory, turn } from './token-socket.ts'

/** One client and the server's end of its connection, which notes what it is told. */
async function connectedPair(t: TestContext) {
  const path = join(temporaryDirectory(t), 'socket')
  const requests: string[] = []
  const cuts: string[] = []
  const replies: ((answer: Uint8Array) => void)[] = []
  const server = createServer({ allowHalfOpen: true }).listen(path)
  t.after(() => server.close())
  const accepted = once(server, 'connection')
  const client = await open(path)
  // A client that is cut off may see a reset before it looks.
  client.on('error', () => {})
  const [socket] = await accepted
  const connections = new Set<Connection>()
  const connection = new Connection(socket, {
    answer: (bytes, answer) => {
      requests.push(Buffer.from(bytes).toString('latin1'))
      replies.push(answer)
    },
    onCut: (reason) => cuts.push(reason),
    onClose: () => connections.delete(connection),
  })
  connections.add(connection)
  const asked = async () => {
    while (requests.length === 0) await turn()
  }
  const closed = async () => {
    while (connections.size > 0) await turn()
  }
  const reply = (text: string) => replies[0]?.(Buffer.from(text))
  return { client, connection, requests, cuts, asked, closed, reply }
}

test('512 bytes are a request', async (t) => {
  for (const request of [`${'x'.repeat(511)}\n`, 'x'.repeat(512)]) {
    const { client, requests, asked, reply } = await connectedPair(t)
    client.end(request)
    await asked()
    reply('answer')
    assert.equal(await readAll(client), 'answer')
    assert.deepEqual(requests, [request])
  }
})

test('a client that sends more than 512 bytes without an end is cut off', async (t) => {
  for (const pieces of [
    ['x'.repeat(513)],
    ['x'.repeat(512), '\n'],
    ['x'.repeat(300), 'y'.repeat(300)],
  ]) {
    const { client, requests, cuts, closed } = await connectedPair(t)
    for (const piece of pieces) {
      client.write(piece)
      await turn()
    }
    await closed()
    assert.equal(await readAll(client).catch(() => ''), '')
    assert.deepEqual([requests, cuts.length], [[], 1])
    assertSentence(cuts[0], 'a request that is too long')
  }
})

test('what follows a request is ignored, but not without end', async (t) => {
  const { client, requests, cuts, asked, closed } = await connectedPair(t)
  client.write('request\n')
  await asked()
  client.write('x'.repeat(512))
  await turn()
  await turn()
  assert.deepEqual(cuts, [])
  client.write('x')
  await closed()
  assert.deepEqual([requests, cuts.length], [['request\n'], 1])
  assertSentence(cuts[0], 'a request that is too long')
})

test('a client that dawdles is cut off after its time and not before', async (t) => {
  const { client, connection, cuts, closed } = await connectedPair(t)
  client.write('SMTP us')
  await turn()
  const now = runningMs()
  assert.equal(connection.sweep(now + connectionLimitMs - 1_000), false)
  assert.deepEqual(cuts, [])
  assert.equal(connection.sweep(now + connectionLimitMs), true)
  assert.equal(connection.sweep(now + connectionLimitMs), false)
  await closed()
  assertSentence(cuts.join(), 'a client that took too long')
  assert.equal(await readAll(client).catch(() => ''), '')
})

test('the time that an answer takes is not counted against the client', async (t) => {
  const { client, connection, asked, reply } = await connectedPair(t)
  client.end('request')
  await asked()
  connection.sweep(Number.MAX_VALUE)
  connection.closeUnlessWaiting()
  reply('answer')
  assert.equal(await readAll(client), 'answer')
})

test('a client that does not take its answer is cut off after its time', async (t) => {
  const { client, connection, cuts, asked, closed, reply } = await connectedPair(t)
  client.pause()
  client.end('request')
  await asked()
  reply('x'.repeat(4 * 1024 * 1024))
  await turn()
  connection.sweep(runningMs() + connectionLimitMs)
  await closed()
  assertSentence(cuts.join(), 'a client that took too long')
})

test('silence is a clean end, not a reset', async (t) => {
  const { client, asked, reply } = await connectedPair(t)
  client.write('request\n')
  await asked()
  reply('')
  assert.equal(await readAll(client), '')
})

test('a client that is gone when its answer comes is closed quietly', async (t) => {
  const { client, cuts, asked, closed, reply } = await connectedPair(t)
  client.end('request')
  await asked()
  client.destroy()
  await turn()
  reply('answer')
  await closed()
  assert.deepEqual(cuts, [])
})
