import assert from 'node:assert/strict'
import { once } from 'node:events'
import { globalAgent } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { sendHttpsRequest } from '../../src/https/https-request.ts'
import { assertError, assertSentence, expectedError } from '../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'

let server: ScriptedServer

before(async () => {
  server = await startScriptedServer()
})
after(() => server.close())
beforeEach(() => {
  globalAgent.options.ca = server.certificates.ca
})
afterEach(() => {
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
})

function post(body = 'grant_type=test'): ReturnType<typeof sendHttpsRequest> {
  const signal = AbortSignal.timeout(10_000)
  return sendHttpsRequest({ method: 'POST', url: `${server.url}/token`, body, signal })
}

test('status, headers and body come back as they are', async () => {
  server.answer({ status: 418, headers: { 'x-more': 'yes' }, body: 'tea' })
  const { status, headers, body } = await post()
  assert.deepEqual(
    { status, more: headers['x-more'], body },
    { status: 418, more: 'yes', body: 'tea' },
  )
})

test('an untrusted certificate is refused, even where the environment would accept any', async () => {
  globalAgent.options.ca = undefined
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  await assert.rejects(
    post(),
    expectedError('provider_unavailable', 'an untrusted certificate', {
      host: new URL(server.url).host,
      reason: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      variable: 'NODE_EXTRA_CA_CERTS',
    }),
  )
})

test('a URL that is not https is not asked', async () => {
  const signal = AbortSignal.timeout(10_000)
  await assert.rejects(
    sendHttpsRequest({ method: 'GET', url: 'http://localhost/?id=1', signal }),
    expectedError('provider_protocol', 'a URL that is not https is not asked'),
  )
})

test('a signal that has aborted already sends nothing', async () => {
  const before = server.requests.length
  const signal = AbortSignal.abort()
  const { host } = new URL(server.url)
  await assert.rejects(
    sendHttpsRequest({ method: 'GET', url: server.url, signal }),
    expectedError('provider_unavailable', 'a signal that has aborted', {
      host,
      errno: 'ABORT_ERR',
    }),
  )
  assert.equal(server.requests.length, before)
})

test('whether a request may leave is asked once, when TLS is verified, and what may not leave does not', async () => {
  const { length } = server.requests
  const signal = AbortSignal.timeout(10_000)
  let asked = 0
  const send = (mayLeave: boolean) => {
    const maySend = () => {
      asked += 1
      return mayLeave
    }
    return sendHttpsRequest({
      method: 'POST',
      url: `${server.url}/token`,
      body: 'x',
      signal,
      maySend,
    })
  }
  await assert.rejects(send(false), { code: 'provider_unavailable', isFateUnknown: false })
  assert.deepEqual([asked, server.requests.length], [1, length])
  server.answer({ status: 200 })
  await send(true)
  assert.deepEqual([asked, server.requests.length], [2, length + 1])
  globalAgent.options.ca = undefined
  await assert.rejects(send(true), { code: 'provider_unavailable' })
  assert.deepEqual([asked, server.requests.length], [2, length + 1])
})

test('a port where nobody listens is temporary trouble, with its cause for the log', async () => {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  listener.close()
  await once(listener, 'close')
  const url = `https://127.0.0.1:${port}/token`
  const signal = AbortSignal.timeout(10_000)
  await assert.rejects(sendHttpsRequest({ method: 'GET', url, signal }), (error: Error) => {
    assertSentence(
      error.message,
      'a port where nobody listens is temporary trouble, with its cause for the log',
      { port },
    )
    assert.ok(error.cause instanceof Error)
    return true
  })
})

test('a server without TLS 1.2 is not one with a wrong certificate', async () => {
  const plain = createServer((socket) => socket.on('error', () => {}).end('220 mail ready\r\n'))
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const { port } = plain.address() as AddressInfo
  const signal = AbortSignal.timeout(10_000)
  const asked = sendHttpsRequest({ method: 'GET', url: `https://127.0.0.1:${port}/`, signal })
  await assert.rejects(asked, (error: Error & { actor?: string }) => {
    const reason = /EPROTO|ERR_SSL_WRONG_VERSION_NUMBER/.exec(error.message)?.[0]
    assertError(error, 'provider_unavailable', 'a server without TLS', { port, reason })
    assert.equal(error.actor, 'nobody')
    return true
  })
  plain.close()
})

for (const [says, head] of [
  ['says nothing about the connection', 'HTTP/1.1 200 OK'],
  ['offers to keep it', 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60'],
  ['keeps it by HTTP/1.0', 'HTTP/1.0 200 OK\r\nConnection: keep-alive'],
  ['closes it', 'HTTP/1.1 200 OK\r\nConnection: close'],
] as const) {
  test(`a server that ${says} is asked twice, each time on a connection of its own`, async (t) => {
    const { key, cert } = server.certificates
    let connections = 0
    const keeping = createTlsServer({ key, cert }, (socket) => {
      connections += 1
      socket.on('error', () => {})
      socket.on('data', () => socket.write(`${head}\r\nContent-Length: 2\r\n\r\n{}`))
    })
    keeping.listen(0, 'localhost')
    t.after(() => keeping.close())
    await once(keeping, 'listening')
    const url = `https://localhost:${(keeping.address() as AddressInfo).port}/`
    for (const asked of [1, 2]) {
      const signal = AbortSignal.timeout(5_000)
      const { body } = await sendHttpsRequest({ method: 'GET', url, signal })
      assert.deepEqual([asked, body], [connections, '{}'])
    }
  })
}

for (const [what, head] of [
  [
    'another protocol',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket',
  ],
  [
    'another protocol, and tokens',
    'HTTP/1.1 101 OK\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}',
  ],
  ['the promise of an answer, and hangs up', 'HTTP/1.1 100 Continue'],
  ['half a head, and hangs up', 'HTTP/1.1 200 OK\r\nContent-'],
  ['nothing, and hangs up', ''],
] as const) {
  test(
    `a server that sends ${what} has not answered, and is not waited for`,
    { timeout: 30_000 },
    async (t) => {
      const { key, cert } = server.certificates
      const odd = createTlsServer({ key, cert }, (socket) => {
        socket.on('error', () => {})
        socket.once('data', () => {
          if (head.includes(' 101 ')) socket.write(`${head}\r\n\r\n`)
          else socket.end(head === '' ? head : `${head}\r\n\r\n`.replace(/-\r\n\r\n$/, '-'))
        })
      })
      odd.listen(0, 'localhost')
      t.after(() => odd.close())
      await once(odd, 'listening')
      const host = `localhost:${(odd.address() as AddressInfo).port}`
      const signal = new AbortController().signal
      await assert.rejects(
        sendHttpsRequest({ method: 'POST', url: `https://${host}/`, body: 'a=b', signal }),
        expectedError('provider_unavailable', 'a connection that is cut', { host }),
      )
    },
  )
}

test('nothing compressed is asked for, and an answer without end is not an answer', async () => {
  server.answer({ status: 200, body: 'x'.repeat(1_100_000) })
  await assert.rejects(
    post(),
    expectedError(
      'provider_protocol',
      'nothing compressed is asked for, and an answer without end is not an answer',
    ),
  )
  assert.equal(server.received.at(-1)?.encoding, 'identity')
})

test('a refusal loses the secrets it repeats, a good answer keeps its tokens', async () => {
  const form = new URLSearchParams({ refresh_token: 'canary-secret', scope: 'mail' }).toString()
  server.answer({ status: 400, body: 'canary-secret has no mail' })
  assert.equal((await post(form)).body, '[secret] has no mail')
  server.answer({ status: 200, body: 'canary-secret' })
  assert.equal((await post(form)).body, 'canary-secret')
})

const canary = '1//canary~secret+of=a request'
const inForm = (name: string) => new URLSearchParams({ [name]: canary }).toString()
const inUrl = encodeURIComponent(canary)
const basic = btoa(`client:${inUrl}`)

for (const [where, sent] of Object.entries({
  'a form': { body: inForm('client_secret') },
  'the query': { query: `?${inForm('token')}` },
  'a bearer header': { authorization: `Bearer ${canary.replaceAll(' ', '_')}` },
  'a basic header': { authorization: `Basic ${basic}` },
})) {
  test(`a refusal that repeats a secret of ${where} loses it, however it writes it`, async () => {
    const { body, query, authorization } = { body: '', query: '', authorization: '', ...sent }
    const plain = authorization.startsWith('Bearer') ? authorization.slice(7) : canary
    for (const form of [
      plain,
      encodeURIComponent(plain),
      new URLSearchParams({ x: plain }).toString().slice(2),
      plain.replaceAll('/', '\\/'),
      btoa(`x${plain}`),
      Buffer.from(plain).toString('hex'),
      Buffer.from(Buffer.from(plain).toReversed()).toString(),
      ...(authorization === '' ? [] : [authorization]),
    ]) {
      server.answer({ status: 401, body: `no ${form} here` })
      const { signal } = new AbortController()
      const headers = authorization === '' ? {} : { authorization }
      const url = `${server.url}/token${query}`
      const answer = await sendHttpsRequest({ method: 'POST', url, headers, body, signal })
      // Pieces of fewer than eight characters tell nothing.
      assert.match(answer.body, /^no .{0,8}\[secret\].{0,7} here$/, form)
    }
  })
}
