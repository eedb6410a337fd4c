import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createProofKey } from '../../src/oauth/pkce.ts'

test('the challenge is the S256 of a verifier that RFC 7636 allows', () => {
  const { codeVerifier, codeChallenge } = createProofKey()
  const verifier = codeVerifier.reveal()
  assert.match(verifier, /^[A-Za-z0-9\-._~]{43,128}$/)
  assert.equal(codeChallenge, createHash('sha256').update(verifier).digest('base64url'))
})

test('every proof key is another', () => {
  const verifiers = Array.from({ length: 100 }, () => createProofKey().codeVerifier.reveal())
  assert.equal(new Set(verifiers).size, 100)
})
