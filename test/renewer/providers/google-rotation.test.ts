/** Where Google's refresh tokens come from: the answer itself, whatever google-auth-library makes of it. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { globalAgent } from 'node:https'
import { afterEach, beforeEach, test } from 'node:test'
import { OAuth2Client } from 'google-auth-library'
import { Secret } from '../../../src/logging/secret.ts'
import { googleProvider } from '../../../src/renewer/providers/google/google-provider.ts'
import { expectedError } from '../../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.ts'
import { openExchange } from '../../support/token-exchange.ts'
import { providerShapes, user } from './provider-shapes.ts'

const shape = providerShapes.find(({ name }) => name === 'gmail') ?? assert.fail()
const signal = AbortSignal.timeout(60_000)
const good = {
  access_token: 'new-access',
  token_type: 'Bearer',
  expires_in: 3_600,
  scope: 'https://mail.google.com/',
}
const redemption = {
  redirectUri: 'http://127.0.0.1:1',
  nonce: 'the-nonce',
  code: new Secret('the-code'),
  codeVerifier: new Secret('the-verifier'),
}

let server: ScriptedServer

beforeEach(async () => {
  server = await startScriptedServer()
  globalAgent.options.ca = server.certificates.ca
})
afterEach(() => server.close())

async function refresh(used: string): Promise<string> {
  const renewal = { kind: 'refresh_token', refreshToken: new Secret(used) } as const
  const tokens = await googleProvider.refresh(
    shape.account(server.url),
    renewal,
    openExchange(signal),
  )
  return tokens.renewal.refreshToken.reveal()
}

async function redeem(): Promise<string> {
  const tokens = await googleProvider.redeemCode(
    shape.account(server.url),
    redemption,
    openExchange(signal),
  )
  return tokens.renewal.refreshToken.reveal()
}

test('a rotated refresh token is the one that came, and not the old one that the library puts there', async () => {
  const rotation = { status: 200, body: { ...good, refresh_token: 'rotated' } }
  server.answer(rotation, rotation)
  assert.equal(await refresh('old'), 'rotated')
  assert.equal(await redeem(), 'rotated')
})

test('where none came, the old one stays', async () => {
  for (const none of [{}, { refresh_token: '' }, { refresh_token: null }, { refresh_token: 5 }]) {
    server.answer({ status: 200, body: { ...good, ...none } })
    assert.equal(await refresh('old'), 'old')
  }
})

test('a sign-in that brings none has failed', async () => {
  server.answer({ status: 200, body: good })
  await assert.rejects(
    redeem(),
    expectedError('provider_protocol', 'a sign-in that brings none has failed', { user }),
  )
})

test('of two refreshes at once each gets what came for it', async (t) => {
  // Neither refresh goes on before both clients have emitted.
  const clients = new EventEmitter()
  const bothEmitted = once(clients, 'both')
  let waiting = 2
  t.mock.method(OAuth2Client.prototype, 'refreshAccessToken', async function (this: OAuth2Client) {
    await this.getAccessToken()
    waiting -= 1
    if (waiting === 0) clients.emit('both')
    await bothEmitted
  })
  for (const refresh_token of ['first rotated', 'second rotated']) {
    server.answer({ status: 200, body: { ...good, refresh_token } })
  }
  const [one, two] = await Promise.all([refresh('one'), refresh('two')])
  const [first = '', second = ''] = server.received.map(
    ({ form }) => form.get('refresh_token') ?? '',
  )
  assert.deepEqual({ one, two }, { [first]: 'first rotated', [second]: 'second rotated' })
})

test('a rotated refresh token is read whatever the answer calls its contents', async () => {
  const rotation = { ...good, refresh_token: 'rotated' }
  for (const type of ['text/plain', 'application/octet-stream', undefined]) {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
    server.answer({ status: 200, headers, body: rotation })
    assert.equal(await refresh('old'), 'rotated', type)
  }
})
