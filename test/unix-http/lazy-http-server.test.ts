import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { LazyHttpServer } from '../../src/unix-http/lazy-http-server.ts'

/** A server that answers each request with its own path, and how often its HTTP server was made. */
async function open(
  t: TestContext,
  options: { firstByteLimitMs?: number; mostConnections?: number; originOf?: () => number } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  const path = join(directory, 'http.sock')
  const limits = { requestTimeout: 50, connectionsCheckingInterval: 10 }
  const made = { count: 0 }
  const server = new LazyHttpServer(
    () => {
      made.count++
      return createServer(limits, ({ url }, response) => {
        if (url === '/hang') response.flushHeaders()
        else response.end(url)
      })
    },
    { mostConnections: 100, ...options },
  )
  server.listen(path)
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true })
  })
  return { server, path, made }
}

async function allOf(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
  await once(socket, 'close')
  return text
}

const get = (path: string, connection: 'close' | 'keep-alive') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n\r\n`

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n`

const post = (length: string, connection: 'close' | 'keep-alive') =>
  `POST /post HTTP/1.1\r\nHost: x\r\n${length}\r\nConnection: ${connection}\r\n\r\n`

test('a request that comes a byte at a time is answered', async (t) => {
  const { path } = await open(t)
  const socket = connect(path)
  const answer = allOf(socket)
  for (const byte of get('/one', 'close')) await new Promise((done) => socket.write(byte, done))
  assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^]*\/one$/)
})

test('several requests of one connection are answered, by one HTTP server for all clients', async (t) => {
  const { path, made } = await open(t)
  const socket = connect(path)
  const answer = allOf(socket)
  socket.write(get('/one', 'keep-alive') + get('/two', 'keep-alive'))
  await once(socket, 'data')
  socket.write(get('/three', 'close'))
  assert.match(await answer, /\/one[^]*\/two[^]*\/three$/)
  const another = connect(path)
  another.end(get('/four', 'close'))
  assert.match(await allOf(another), /\/four$/)
  assert.equal(made.count, 1)
})

test('a client that leaves without a byte is let go, and no HTTP server is made for it', async (t) => {
  const { path, made } = await open(t)
  const socket = connect(path)
  socket.end()
  assert.equal(await allOf(socket), '')
  assert.equal(made.count, 0)
})

test('a client that says nothing is cut off, one that does not finish its request is told why', async (t) => {
  const { path } = await open(t, { firstByteLimitMs: 20 })
  assert.equal(await allOf(connect(path)), '')
  const slow = connect(path)
  slow.write('GET /')
  assert.match(await allOf(slow), /^HTTP\/1\.1 408 Request Timeout\r\n/)
})

for (const [what, text, expected] of [
  ['silent', '', 1],
  ['with half a head', 'GET /half HTTP/1.1\r\n', 1],
  ['with a body that never comes', post('Content-Length: 9', 'keep-alive'), 1],
  ['with a body without end', post('Transfer-Encoding: chunked', 'keep-alive'), 1],
  ['that were answered and stay', get('/done', 'keep-alive'), 1],
  ['that want a protocol which nobody speaks', upgrade('/done'), 1],
  ['with a request that is being answered', get('/hang', 'keep-alive'), 0],
  [
    'with one that is being answered behind another',
    get('/a', 'keep-alive') + get('/hang', 'keep-alive'),
    0,
  ],
  ['with one of another protocol', upgrade('/hang'), 0],
] as const) {
  test(`at the limit, connections ${what}: ${expected} gives way`, async (t) => {
    const { path } = await open(t, { mostConnections: 3 })
    const closed: number[] = []
    for (let index = 0; index < 3; index++) {
      const socket = connect(path).on('error', () => {})
      t.after(() => socket.destroy())
      socket.resume().once('close', () => closed.push(index))
      await once(socket, 'connect')
      if (text !== '') socket.write(text)
      // The answer has come, and the server seen its end.
      if (text.endsWith('\r\n\r\n')) await once(socket, 'data')
      await new Promise((done) => setImmediate(done))
    }
    const next = connect(path).on('error', () => {})
    const answer = allOf(next).catch(() => 'refused')
    next.write(get('/next', 'close'))
    assert.equal((await answer).endsWith('/next'), expected === 1)
    assert.deepEqual(closed, expected === 1 ? [0] : [])
  })
}

test('where each has a share, it is one of their own that gives way', async (t) => {
  let origin = 1
  const { path } = await open(t, { mostConnections: 5, originOf: () => origin })
  const closed: string[] = []
  const hold = async (name: string) => {
    const socket = connect(path).on('error', () => {})
    t.after(() => socket.destroy())
    socket.resume().once('close', () => closed.push(name))
    await once(socket, 'connect')
    // The answer to this one comes after the server has seen the other.
    await new Promise((done) => setImmediate(done))
  }
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await hold(name)
  origin = 2
  for (const name of ['x', 'y']) await hold(name)
  const asking = connect(path)
  asking.write(get('/next', 'close'))
  assert.match(await allOf(asking), /next$/)
  assert.deepEqual(closed, ['a', 'b', 'x', 'y'])
})

test('closing lets no connection stay, whether it has asked or not', async (t) => {
  const { server, path } = await open(t)
  const silent = connect(path)
  const waiting = connect(path)
  const endings = [allOf(silent), allOf(waiting)]
  waiting.write(get('/hang', 'keep-alive'))
  await once(waiting, 'data')
  server.closeAllConnections()
  server.close()
  await Promise.all([once(server, 'close'), ...endings])
})
