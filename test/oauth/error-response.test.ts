import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reduceDescription, reduceErrorResponse } from '../../src/oauth/error-response.ts'

test("Microsoft's answer gives its word, explanation, number and correlation id", () => {
  const body = JSON.stringify({
    error: 'invalid_grant',
    error_description:
      'AADSTS700082: The refresh token has expired due to inactivity.\r\nTrace ID: 1 Correlation ID: 2',
    error_codes: [700082],
    timestamp: '2026-01-01 00:00:00Z',
    correlation_id: '2f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
  })
  assert.deepEqual(reduceErrorResponse(400, body), {
    status: 400,
    error: 'invalid_grant',
    description: 'AADSTS700082: The refresh token has expired due to inactivity.',
    aadsts: 700082,
    correlationId: '2f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
  })
})

test('the number is found in the explanation where it stands nowhere else', () => {
  const body = JSON.stringify({ error: 'x', error_description: 'AADSTS53003: Access blocked.' })
  assert.equal(reduceErrorResponse(400, body).aadsts, 53003)
})

test('an answer of the plain kind gives what it has', () => {
  assert.deepEqual(reduceErrorResponse(401, '{"error":"invalid_client"}'), {
    status: 401,
    error: 'invalid_client',
  })
})

test('a body that is no JSON object, or of other types, gives its status alone', () => {
  const bodies = ['', '<html>secret</html>', '[1]', '"text"', 'null', '{"error":{"code":401}}']
  for (const body of [...bodies, '{"error_codes":["no number"],"correlation_id":7}']) {
    assert.deepEqual(reduceErrorResponse(502, body), { status: 502 }, body)
  }
})

test('an explanation is cut, printable, and holds nothing that looks like a token', () => {
  assert.equal(reduceDescription('a\u0000\u001b[31mb\u00e9\nc'), 'a [31mb c')
  assert.equal(reduceDescription('word '.repeat(100)).length, 200)
  const token = `eyJ0eXAi.${'x'.repeat(60)}`
  assert.equal(reduceDescription(`token ${token} is old`), 'token [...] is old')
})
