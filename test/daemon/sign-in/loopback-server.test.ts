import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import {
  openLoopbackServer,
  type Reply,
  type Route,
} from '../../../src/daemon/sign-in/loopback-server.ts'
import { defer } from './deferred.ts'
import { openConnection, sendRaw, statusOf } from './raw-request.ts'

type Options = Partial<Parameters<typeof openLoopbackServer>[0]>

async function open(context: TestContext, options: Options = {}) {
  const routes = new Map([
    ['/here', (parameters: URLSearchParams): Reply => reply(`found ${parameters.get('q')}`)],
  ])
  const server = await openLoopbackServer({
    hostname: 'localhost',
    port: 0,
    routes,
    elsewhere: () => ({ ...reply('nothing here'), status: 404 }),
    ...options,
  })
  context.after(() => server.close())
  return server
}

function reply(body: string): Reply {
  return { status: 200, headers: { 'content-type': 'text/plain' }, body }
}

function get(target: string, ...fields: string[]): string {
  return [`GET ${target} HTTP/1.1`, ...fields, '', ''].join('\r\n')
}

/** A server that has a port of its own on one address. */
async function occupy(context: TestContext, host: string, port = 0) {
  const server = createServer().listen({ host, port })
  await once(server, 'listening')
  context.after(() => server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

test('answers on both loopback addresses and one port', async (context) => {
  const { port, origin } = await open(context)
  assert.equal(origin, `http://localhost:${port}`)
  for (const host of ['127.0.0.1', '::1']) {
    const answer = await sendRaw(port, get('/here?q=it', `Host: localhost:${port}`), host)
    assert.equal(statusOf(answer), 200)
    assert.match(answer, /\r\n\r\nfound it$/)
  }
})

test('an answer is neither kept nor referred to, and ends its connection', async (context) => {
  const { port } = await open(context)
  const answer = await sendRaw(port, get('/here?q=it', `Host: localhost:${port}`))
  for (const field of [
    'cache-control: no-store',
    'referrer-policy: no-referrer',
    'x-content-type-options: nosniff',
    'connection: close',
    'content-length: 8',
  ]) {
    assert.ok(answer.toLowerCase().includes(`\r\n${field}\r\n`), field)
  }
})

test('a Host other than the own one is refused, in whatever form it comes', async (context) => {
  const { port } = await open(context)
  const own = `Host: localhost:${port}`
  const wrong = [
    [],
    ['Host:'],
    ['Host: localhost'],
    [`Host: 127.0.0.1:${port}`],
    [`Host: [::1]:${port}`],
    [`Host: localhost:${port + 1}`],
    [`Host: evil.example:${port}`],
    [`Host: localhost:${port}.evil.example`],
    [`Host: LOCALHOST:${port}`],
    [own, own],
    [own, 'Host: evil.example'],
    ['Host: evil.example', own],
  ]
  for (const fields of wrong) {
    const answer = await sendRaw(port, get('/here', ...fields))
    assert.equal(statusOf(answer), 400, fields.join(' | '))
    assert.doesNotMatch(answer, /found/)
  }
  const old = await sendRaw(port, 'GET /here HTTP/1.0\r\n\r\n')
  assert.equal(statusOf(old), 400)
})

test('anything but GET is refused', async (context) => {
  const { port } = await open(context)
  for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']) {
    const answer = await sendRaw(
      port,
      `${method} /here HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    )
    assert.equal(statusOf(answer), 405, method)
    assert.match(answer, /\r\nallow: GET\r\n/i)
  }
  const tunnel = await sendRaw(port, `CONNECT a:1 HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`)
  assert.equal(tunnel, '')
})

test('a path is found by its exact letters only', async (context) => {
  const { port } = await open(context)
  const targets = [
    '/',
    '/Here',
    '/here/',
    '//here',
    '/./here',
    '/%68ere',
    '/here;x',
    '/here#x',
    '*',
  ]
  for (const target of [...targets, `http://localhost:${port}/here`]) {
    const answer = await sendRaw(port, get(target, `Host: localhost:${port}`))
    assert.equal(statusOf(answer), 404, target)
  }
})

test('headers of more than 8 KiB are refused', async (context) => {
  const { port } = await open(context)
  const answers = [
    get('/here', `Host: localhost:${port}`, `X: ${'x'.repeat(9_000)}`),
    get(`/here?q=${'x'.repeat(9_000)}`, `Host: localhost:${port}`),
  ].map((request) => sendRaw(port, request))
  for (const answer of await Promise.all(answers)) assert.equal(statusOf(answer), 431)
})

test('a request that is not complete in time is ended, and a silent connection before that', async (context) => {
  const { port } = await open(context, { requestTimeoutMs: 100, firstByteLimitMs: 50 })
  assert.equal(await sendRaw(port, ''), '')
  const started = ['GET /here HT', `GET /here HTTP/1.1\r\nHost: localhost:${port}\r\n`]
  const answers = await Promise.all(started.map((bytes) => sendRaw(port, bytes)))
  for (const answer of answers) assert.equal(statusOf(answer), 408)
})

test('an answer may take longer than a request', async (context) => {
  const { promise, resolve } = defer<Reply>()
  const routes = new Map<string, Route>([['/slow', () => promise]])
  const { port } = await open(context, { routes, requestTimeoutMs: 50 })
  const slow = sendRaw(port, get('/slow', `Host: localhost:${port}`))
  // Two unfinished requests one after the other outlast the limit.
  for (let round = 0; round < 2; round++) assert.equal(statusOf(await sendRaw(port, 'GET')), 408)
  resolve(reply('at last'))
  assert.match(await slow, /\r\n\r\nat last$/)
})

test('of more than 16 connections the oldest that has sent nothing gives way', async (context) => {
  const { port } = await open(context, { firstByteLimitMs: 60_000 })
  const ended: number[] = []
  for (let number = 0; number < 40; number++) {
    const socket = await openConnection(port)
    context.after(() => socket.destroy())
    socket.resume().once('close', () => ended.push(number))
  }
  const answer = await sendRaw(port, get('/here?q=it', `Host: localhost:${port}`))
  assert.match(answer, /found it$/)
  assert.deepEqual(
    ended,
    Array.from(ended, (_, number) => number),
  )
  assert.ok(ended.length >= 24 && ended.length <= 25, `${ended.length} gave way`)
})

test('a connection beyond 16 that are being answered is refused', async (context) => {
  const answering = defer<void>()
  const { promise, resolve } = defer<Reply>()
  let asked = 0
  const slow = () => {
    if (++asked === 16) answering.resolve()
    return promise
  }
  const { port } = await open(context, { routes: new Map<string, Route>([['/slow', slow]]) })
  const request = get('/slow', `Host: localhost:${port}`)
  const answers = Array.from({ length: 16 }, () => sendRaw(port, request))
  await answering.promise
  const refused = await openConnection(port)
  await once(
    refused.resume().on('error', () => {}),
    'close',
  )
  resolve(reply('at last'))
  for (const answer of await Promise.all(answers)) assert.match(answer, /at last$/)
})

test('what a browser fetches ahead is refused', async (context) => {
  const { port } = await open(context)
  for (const field of ['Sec-Purpose: prefetch;prerender', 'Purpose: prefetch', 'X-Moz: prefetch']) {
    const answer = await sendRaw(port, get('/here', `Host: localhost:${port}`, field))
    assert.equal(statusOf(answer), 503, field)
    assert.doesNotMatch(answer, /found/)
  }
})

test('says when a reply is out', async (context) => {
  let sent = 0
  const routes = new Map<string, Route>([
    ['/here', () => ({ ...reply('x'), onSent: () => void sent++ })],
  ])
  const { port } = await open(context, { routes })
  await sendRaw(port, get('/here', `Host: evil`))
  assert.equal(sent, 0)
  await sendRaw(port, get('/here', `Host: localhost:${port}`))
  assert.equal(sent, 1)
})

test('closing frees the port at once', async (context) => {
  const first = await open(context)
  first.close()
  const second = await open(context, { port: first.port })
  assert.equal(second.port, first.port)
})

test('closing ends a connection that never says anything', async (context) => {
  const server = await open(context)
  const silent = await openConnection(server.port)
  server.close()
  assert.equal(await text(silent), '')
})

test('a port that somebody has on one of the addresses is not used', async (context) => {
  for (const host of ['127.0.0.1', '::1']) {
    const { port } = await occupy(context, host)
    await assert.rejects(open(context, { port }), { code: 'EADDRINUSE' })
  }
})

test('a port that is about to be free is waited for', async (context) => {
  const { server, port } = await occupy(context, '::1')
  const opening = open(context, { port })
  server.close()
  assert.equal((await opening).port, port)
})

test('whoever comes by another name or port is told what to open, and never the path', async (context) => {
  const { port } = await open(context)
  for (const host of [`127.0.0.1:${port}`, 'localhost:8080', 'evil.example']) {
    const answer = await sendRaw(port, get('/here', `Host: ${host}`))
    assert.equal(statusOf(answer), 400)
    assert.match(answer, new RegExp(`at http://localhost:${port}/ only\\.\\n.*"cms-oauth login"`))
    assert.match(answer, new RegExp(`ssh -L ${port}:localhost:${port} HOST`))
    assert.ok(!answer.includes('/here'))
  }
})
