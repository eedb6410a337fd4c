import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { sendHttpsRequest } from '../../src/providers/https-request.ts'
import { proxyFor } from '../../src/providers/proxy.ts'
import { expectedError } from '../support/golden.ts'

const token = 'https://login.example.com/token'
const proxy = 'http://proxy.example:3128'

function addressOf(env: NodeJS.ProcessEnv, url = token): string | undefined {
  return proxyFor(url, env)?.href
}

function isDirect(exceptions: string, url = token): boolean {
  return addressOf({ HTTPS_PROXY: proxy, NO_PROXY: exceptions }, url) === undefined
}

test('without a proxy in the environment there is none', () => {
  assert.equal(addressOf({}), undefined)
  assert.equal(addressOf({ HTTPS_PROXY: '', HTTP_PROXY: proxy }), undefined)
})

test('the small name comes before the great one, and the special before the general', () => {
  const other = 'http://other.example:1'
  assert.equal(addressOf({ HTTPS_PROXY: proxy }), `${proxy}/`)
  assert.equal(addressOf({ https_proxy: proxy, HTTPS_PROXY: other }), `${proxy}/`)
  assert.equal(addressOf({ https_proxy: '', HTTPS_PROXY: proxy }), `${proxy}/`)
  assert.equal(addressOf({ ALL_PROXY: other, HTTPS_PROXY: proxy }), `${proxy}/`)
  assert.equal(addressOf({ all_proxy: proxy }), `${proxy}/`)
})

test('a proxy without a scheme is spoken to in plain HTTP', () => {
  assert.equal(addressOf({ HTTPS_PROXY: 'proxy.example:3128' }), `${proxy}/`)
})

test('NO_PROXY excepts domains with all below them, addresses, ports, and everything', () => {
  for (const exceptions of [
    'login.example.com',
    'example.com',
    '.example.com',
    '*.example.com',
    'EXAMPLE.com',
    'example.com:443',
    'other.org, example.com',
    'other.org example.com',
    '*',
  ]) {
    assert.ok(isDirect(exceptions), exceptions)
  }
  for (const exceptions of ['', ',', 'ample.com', 'example.com:8443', 'in.login.example.com']) {
    assert.ok(!isDirect(exceptions), exceptions)
  }
  assert.ok(isDirect('example.com:8443', 'https://login.example.com:8443/'))
  assert.ok(isDirect('::1', 'https://[::1]/') && isDirect('[::1]:9', 'https://[::1]:9/'))
  assert.ok(
    isDirect('10.0.0.1', 'https://10.0.0.1/') && !isDirect('10.0.0.1', 'https://10.0.0.11/'),
  )
})

test('a proxy that is no URL is refused without telling it', () => {
  for (const given of ['socks5://u:pass@h:1', 'http://', 'u:pass@h:port']) {
    assert.throws(
      () => proxyFor(token, { HTTPS_PROXY: given }),
      expectedError('provider_unavailable', 'a proxy that is no URL is refused without telling it'),
    )
  }
})

/** A proxy that answers CONNECT with something else than a connection. */
async function startRefusingProxy(t: TestContext, answer: string): Promise<number> {
  const server = createServer()
  server.on('connect', (_request, socket) => socket.end(answer))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  t.after(() => delete process.env['HTTPS_PROXY'])
  process.env['HTTPS_PROXY'] = `http://user:pass@127.0.0.1:${port}`
  return port
}

test('what a proxy says in place of a connection is not taken for the provider', async (t) => {
  const refusal = '{"error":"invalid_grant"}'
  for (const status of ['400 Bad Request', '407 Proxy Authentication Required']) {
    const port = await startRefusingProxy(
      t,
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${refusal.length}\r\n\r\n${refusal}`,
    )
    const signal = AbortSignal.timeout(10_000)
    await assert.rejects(
      sendHttpsRequest({ method: 'POST', url: token, body: 'x=y', signal }),
      expectedError(
        'provider_unavailable',
        'what a proxy says in place of a connection is not taken for the provider',
        { port, slice: status.slice(0, 3) },
      ),
    )
  }
})
