import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { ConfigInvalidError } from '../../src/errors.ts'
import { sendHttpsRequest } from '../../src/https/https-request.ts'
import { proxyFor } from '../../src/https/proxy.ts'
import { expectedError } from '../support/golden.ts'

const token = 'https://login.example.com/token'
const proxy = 'http://proxy.example:3128'

function addressOf(env: NodeJS.ProcessEnv, url = token): string | undefined {
  return proxyFor(url, env)?.url.href
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

test('a proxy without a port has that of curl', () => {
  assert.equal(addressOf({ HTTPS_PROXY: 'http://proxy.example' }), 'http://proxy.example:1080/')
  assert.equal(addressOf({ HTTPS_PROXY: 'http://proxy.example:80' }), 'http://proxy.example/')
  assert.equal(addressOf({ HTTPS_PROXY: 'https://proxy.example' }), 'https://proxy.example/')
})

const canary = 'canary'
const badPort = 'has a port that is not a number from 1 to 65535'
const socks = 'names a SOCKS proxy, and only HTTP proxies are spoken to'
const refused: [variable: string, value: string, what: string][] = [
  ['HTTPS_PROXY', ' ', 'holds nothing but blanks'],
  ['https_proxy', `"http://u:${canary}@h:1"`, 'has quotes round its value'],
  ['ALL_PROXY', `http://u:${canary}@h:1 `, 'has a blank in its value'],
  ['all_proxy', `ftp://u:${canary}@h`, 'has the scheme "ftp"'],
  ['HTTPS_PROXY', 'http:/h:1', badPort],
  ['HTTPS_PROXY', 'http://', 'does not name a host'],
  ['HTTPS_PROXY', `u:${canary}@h:port`, badPort],
  ['HTTPS_PROXY', 'http://h:0', badPort],
  ['HTTPS_PROXY', 'http://h:70000', badPort],
  ['HTTPS_PROXY', 'http://h:', badPort],
  ['HTTPS_PROXY', `http://u:${canary}/x@h:1`, badPort],
  [
    'HTTPS_PROXY',
    `http://u:100%-${canary}@h:1`,
    'has a "%" in its user or password that begins no code',
  ],
  ['HTTPS_PROXY', 'http://h^:1', 'is not the URL of a proxy'],
  ['ALL_PROXY', `socks://u:${canary}@h:1`, socks],
  ['ALL_PROXY', `socks5://u:${canary}@h:1`, socks],
  ['https_proxy', `SOCKS5H://u:${canary}@h:1`, socks],
]

for (const [variable, value, what] of refused) {
  test(`${variable}=${value} is told by name and fault, and not repeated`, () => {
    assert.throws(
      () => proxyFor(token, { [variable]: value }),
      (error: ConfigInvalidError) => {
        assert.equal(error.code, 'config_invalid')
        assert.equal(error.message, `${variable} ${what}`)
        assert.match(error.hint, /http:\/\/HOST:PORT/)
        assert.ok(!`${error.message}${error.hint}`.includes(canary))
        return true
      },
    )
  })
}

test('a host that needs no proxy is reached past one that is wrong', () => {
  assert.equal(proxyFor(token, { ALL_PROXY: 'socks5://h:1', NO_PROXY: 'example.com' }), undefined)
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
      expectedError('provider_unavailable', `a proxy that answers ${status}`, {
        host: 'login.example.com',
        proxy: `127.0.0.1:${port}`,
        status: status.slice(0, 3),
        variable: 'HTTPS_PROXY',
      }),
    )
  }
})
