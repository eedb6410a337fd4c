import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { acceptedSocket } from '../../src/bridge/accepted-socket.ts'
import { pipe } from '../../src/bridge/pipe.ts'

/** A program, and what the bridge has of its connection. */
async function connected(t: TestContext): Promise<{ program: Socket; client: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const program = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [accepted] = (await once(server, 'connection')) as [Socket]
  const client = acceptedSocket(accepted)
  assert.ok(client !== undefined && accepted.destroyed)
  t.after(() => [program, client].forEach((socket) => socket.destroy()))
  return { program, client }
}

/** What comes, in pieces that are waited for. */
async function digestOf(socket: Socket): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of socket) {
    await new Promise((resolve) => setImmediate(resolve))
    hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

test('mails of several programs at once arrive as they were, by servers that read slowly', async (t) => {
  const mails = Array.from({ length: 4 }, (_, index) => Buffer.alloc(3_000_017, `mail ${index} `))
  const arrived = await Promise.all(
    mails.map(async (mail) => {
      const [{ program, client }, { program: socket, client: server }] = [
        await connected(t),
        await connected(t),
      ]
      const unread = Buffer.alloc(0)
      void pipe(client, { socket, unread }, { up: [], down: [] })
      for (let at = 0; at < mail.length; at += 99_991) program.write(mail.subarray(at, at + 99_991))
      program.end()
      return digestOf(server)
    }),
  )
  const sent = mails.map((mail) => createHash('sha256').update(mail).digest('hex'))
  assert.deepEqual(arrived, sent)
})

test('it has the addresses of the connection, and its end', async (t) => {
  const { program, client } = await connected(t)
  assert.equal(client.remotePort, program.localPort)
  program.end('bye')
  assert.equal(await text(client), 'bye')
  client.end('and you')
  assert.equal(await text(program), 'and you')
})

test('a connection that is gone is not one', async (t) => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const program = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  accepted.destroy()
  assert.equal(acceptedSocket(accepted), undefined)
  program.destroy()
})

async function text(socket: Socket): Promise<string> {
  let all = ''
  socket.on('data', (chunk: Buffer) => (all += chunk.toString()))
  await once(socket, 'end')
  return all
}
