import assert from 'node:assert/strict'
import { globalAgent } from 'node:https'
import { after, before, test } from 'node:test'
import { probeProvider } from '../../../src/renewer/providers/probe.ts'
import { testAccount } from '../../support/accounts.ts'
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.ts'
import { providerShapes } from './provider-shapes.ts'
import { expectedError } from '../../support/golden.ts'

let server: ScriptedServer

before(async () => {
  server = await startScriptedServer()
  globalAgent.options.ca = server.certificates.ca
})
after(() => server.close())

const signal = AbortSignal.timeout(60_000)
const account = () => testAccount({ authority: server.url })

for (const { name, account: accountAt, discovery } of providerShapes) {
  test(`${name} is asked for ${discovery ?? 'nothing at its token endpoint'}`, async () => {
    server.requests.length = 0
    const { host, durationMs, clockAheadMs, proxy } = await probeProvider(
      accountAt(server.url),
      signal,
    )
    assert.deepEqual(server.requests, [`GET ${discovery ?? '/token'}`])
    assert.equal(host, new URL(server.url).host)
    assert.ok(durationMs >= 0)
    assert.equal(clockAheadMs, 0)
    assert.equal(proxy, undefined)
  })
}

test('the difference of the clocks is told to the second, either way', async () => {
  for (const ahead of [600_000, -600_000]) {
    const date = new Date(Date.now() + ahead).toUTCString()
    server.answerDiscovery({ status: 200, headers: { date }, body: {} })
    const { clockAheadMs = 0 } = await probeProvider(account(), signal)
    assert.ok(Math.abs(clockAheadMs - ahead) < 30_000, `${clockAheadMs}`)
  }
})

test('any status is an answer, and one without a date tells nothing of the clock', async () => {
  server.answerDiscovery({ status: 503, headers: { date: 'yesterday' } })
  assert.equal((await probeProvider(account(), signal)).clockAheadMs, undefined)
})

test('a server that breaks off cannot be reached', async () => {
  server.answerDiscovery({ reset: true })
  await assert.rejects(
    probeProvider(account(), signal),
    expectedError('provider_unavailable', 'a server that breaks off cannot be reached', {
      host: new URL(server.url).host,
      reason: 'ECONNRESET',
    }),
  )
})

test('a discovery document that is refused for the tenant is told as that', async () => {
  const error_description = "AADSTS90002: Tenant 'x.example' not found. Trace ID: 1"
  server.answerDiscovery({ status: 400, body: { error: 'invalid_tenant', error_description } })
  const { account: accountAt } = providerShapes[0] ?? assert.fail()
  await assert.rejects(
    probeProvider(accountAt(server.url), signal),
    expectedError('provider_rejected', 'a tenant that does not exist', { number: 'AADSTS90002' }),
  )
})
