import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isErrorAnswer,
  reduceDescription,
  reduceErrorResponse,
} from '../../src/oauth/error-response.ts'

test("Microsoft's answer gives its word, explanation, number and what its support asks for", () => {
  const body = JSON.stringify({
    error: 'invalid_grant',
    error_description:
      'AADSTS700082: The refresh token has expired due to inactivity.\r\nTrace ID: 1 Correlation ID: 2',
    error_codes: [700082],
    timestamp: '2026-01-01 00:00:00Z',
    trace_id: '3f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
    correlation_id: '2f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
  })
  assert.deepEqual(reduceErrorResponse(400, body), {
    status: 400,
    error: 'invalid_grant',
    description: 'AADSTS700082: The refresh token has expired due to inactivity.',
    aadsts: 700082,
    correlationId: '2f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
    traceId: '3f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
    timestamp: '2026-01-01 00:00:00Z',
  })
})

test('what the support asks for is found in the explanation where it stands nowhere else', () => {
  for (const gap of [' ', '\r\n']) {
    const body = JSON.stringify({
      error: 'access_denied',
      error_description: [
        'AADSTS65004: User declined to consent to access the app.',
        'Trace ID: 3f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
        'Correlation ID: 2f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
        'Timestamp: 2026-01-01 00:00:00Z',
      ].join(gap),
    })
    assert.deepEqual(reduceErrorResponse(400, body), {
      status: 400,
      error: 'access_denied',
      description: 'AADSTS65004: User declined to consent to access the app.',
      aadsts: 65004,
      correlationId: '2f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
      traceId: '3f1d3a3e-0f0d-4a8a-9a0e-d3b0a4a5b6c7',
      timestamp: '2026-01-01 00:00:00Z',
    })
  }
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

test('a body that is not a JSON object, or of other types, gives its status alone', () => {
  const bodies = ['', '<html>secret</html>', '[1]', '"text"', 'null', '{"error":{"code":401}}']
  const codes = ['["no number"]', '[{"toString":0}]', '[[]]', '[null]', '[]', '{}']
  bodies.push(...codes.map((value) => `{"error_codes":${value},"correlation_id":7}`))
  for (const body of bodies) {
    assert.deepEqual(reduceErrorResponse(502, body), { status: 502 }, body)
  }
})

test('an explanation is cut, printable, and holds nothing that looks like a token', () => {
  assert.equal(reduceDescription('a\u0000\u001b[31mb\u00e9\nc'), 'a [31mb c')
  assert.equal(reduceDescription('word '.repeat(100)).length, 200)
  const token = `eyJ0eXAi.${'x'.repeat(60)}`
  assert.equal(reduceDescription(`token ${token} is old`), 'token [...] is old')
})

test('a word that the cut goes through is not shown', () => {
  const text = `${'x'.repeat(40)} `.repeat(49) + 'y'.repeat(200)
  assert.doesNotMatch(reduceDescription(text), /y/)
})

/** What servers send in place of RFC 6749's shape: whose it is, the body, and the words in it. */
const shapes: [string, string | object, { error?: string; description?: string }][] = [
  ['plain', { error: 'e', error_description: 'd' }, { error: 'e', description: 'd' }],
  [
    'Google',
    { error: { code: 400, message: 'd', status: 'INVALID_ARGUMENT' } },
    { error: 'INVALID_ARGUMENT', description: 'd' },
  ],
  [
    'Google, old',
    { error: { errors: [{ domain: 'x', reason: 'authError', message: 'd' }] } },
    { error: 'authError', description: 'd' },
  ],
  [
    'Facebook',
    { error: { message: 'd', type: 'OAuthException', code: 190 } },
    { error: 'OAuthException', description: 'd' },
  ],
  ['GraphQL', { errors: [{ code: 'e', message: 'd' }] }, { error: 'e', description: 'd' }],
  [
    'Apigee',
    { fault: { faultstring: 'd', detail: { errorcode: 'oauth.v2.InvalidRefreshToken' } } },
    { error: 'oauth.v2.InvalidRefreshToken', description: 'd' },
  ],
  ['Okta', { errorCode: 'E0000011', errorSummary: 'd' }, { error: 'E0000011', description: 'd' }],
  [
    'Supabase',
    { code: 400, error_code: 'refresh_token_not_found', msg: 'd' },
    { error: 'refresh_token_not_found', description: 'd' },
  ],
  ['Salesforce', [{ errorCode: 'e', message: 'd' }], { error: 'e', description: 'd' }],
  [
    'PHP League',
    { error: 'invalid_request', message: 'The refresh token is invalid.', hint: 'Token revoked' },
    { error: 'invalid_request', description: 'Token revoked The refresh token is invalid.' },
  ],
  [
    'fosite',
    { error: 'e', error_description: 'generic', error_hint: 'The refresh token is expired.' },
    { error: 'e', description: 'The refresh token is expired. generic' },
  ],
  [
    'Spring',
    { timestamp: 1, status: 401, error: 'Unauthorized', message: 'd', path: '/token' },
    { error: 'Unauthorized', description: 'd' },
  ],
  [
    'problem+json',
    { type: 'https://errors.example/1', title: 'Bad', status: 400, detail: 'd' },
    { description: 'd' },
  ],
  ['a message alone', { message: 'd' }, { description: 'd' }],
  ['Slack', { ok: false, error: 'e' }, { error: 'e' }],
  ['GitHub', 'error=e&error_description=two+words', { error: 'e', description: 'two words' }],
  ['guarded', `)]}'\n{"error":"e"}`, { error: 'e' }],
  ['guarded by a loop', 'for(;;);{"error":"e"}', { error: 'e' }],
  ['with a byte order mark', '\uFEFF{"error":"e"}', { error: 'e' }],
  ['a callback', '/**/ cb({"error":"e"});', { error: 'e' }],
  ['CAS, a bare word', 'invalid_grant', { error: 'invalid_grant' }],
  ['a sentence', 'upstream connect error', { description: 'upstream connect error' }],
  ['XML', '<error><code>invalid_grant</code></error>', {}],
  ['HTML', '<!doctype html><title>invalid_grant</title>', {}],
  ['nothing said', { error: null, message: '', status: 'failure' }, {}],
  ['numbers alone', { error: 400, code: '401' }, {}],
]

for (const [whose, body, words] of shapes) {
  test(`${whose}: the provider's words are kept`, () => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    assert.deepEqual(reduceErrorResponse(400, text), { status: 400, ...words })
  })
}

test('a good status with an error and without what was asked for is an error answer', () => {
  const cases: [number, string, boolean][] = [
    [200, '{"error":"authorization_pending"}', true],
    [200, 'error=authorization_pending', true],
    [200, '{"error":"e","access_token":""}', true],
    [201, '{"error":{"code":"e"}}', true],
    [200, '{"error":"e","access_token":"t"}', false],
    [200, '{"error":"","device_code":"d"}', false],
    [200, 'access_token=t&scope=', false],
    [200, '{"error":null,"refresh_token":"r"}', false],
    [200, '<html>', false],
    [200, '', false],
    [400, '{"access_token":"t"}', true],
    [302, '', true],
  ]
  for (const [status, body, expected] of cases) {
    assert.equal(isErrorAnswer({ status, body }), expected, `${status} ${body}`)
  }
})
