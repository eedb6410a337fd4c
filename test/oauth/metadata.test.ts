import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMetadata } from '../../src/oauth/metadata.ts'
import { expectedError } from '../support/golden.ts'

const issuer = 'https://issuer.example'
const minimal = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
}

test('a minimal document gives its two endpoints', () => {
  assert.deepEqual(parseMetadata(JSON.stringify(minimal), issuer), {
    issuer,
    authorizationEndpoint: `${issuer}/authorize`,
    tokenEndpoint: `${issuer}/token`,
    tokenEndpointAuthMethods: [],
    assertionAlgorithms: [],
    scopes: [],
  })
})

test('a full document gives what is used here', () => {
  const full = {
    ...minimal,
    revocation_endpoint: `${issuer}/revoke`,
    userinfo_endpoint: `${issuer}/me`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 7],
    scopes_supported: ['openid'],
  }
  const metadata = parseMetadata(JSON.stringify(full), issuer)
  assert.equal(metadata.revocationEndpoint, `${issuer}/revoke`)
  assert.equal(metadata.userinfoEndpoint, `${issuer}/me`)
  assert.deepEqual(metadata.tokenEndpointAuthMethods, ['client_secret_post'])
  assert.deepEqual(metadata.scopes, ['openid'])
})

test('a slash at the end does not make another issuer, and the document spells it', () => {
  const metadata = parseMetadata(JSON.stringify({ ...minimal, issuer: `${issuer}/` }), issuer)
  assert.equal(metadata.issuer, `${issuer}/`)
})

test('a document of another issuer is refused', () => {
  for (const other of ['https://evil.example', `${issuer}/tenant`]) {
    const body = JSON.stringify({ ...minimal, issuer: other })
    assert.throws(
      () => parseMetadata(body, issuer),
      expectedError('provider_protocol', 'a document of another issuer is refused', { issuer }),
    )
  }
})

test('what does not name an issuer is no such document', () => {
  for (const body of ['<html></html>', '{}', JSON.stringify({ ...minimal, issuer: 7 })]) {
    assert.throws(
      () => parseMetadata(body, issuer),
      expectedError('provider_protocol', 'what does not name an issuer is no such document', {
        issuer,
      }),
    )
  }
})

test('endpoints without https are none', () => {
  const body = JSON.stringify({ ...minimal, token_endpoint: 'http://issuer.example/token' })
  assert.throws(
    () => parseMetadata(body, issuer),
    expectedError('provider_protocol', 'endpoints without https are none', { issuer }),
  )
  const more = JSON.stringify({ ...minimal, userinfo_endpoint: 'http://issuer.example/me' })
  assert.equal(parseMetadata(more, issuer).userinfoEndpoint, undefined)
})
