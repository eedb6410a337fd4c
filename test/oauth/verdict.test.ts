/** What real servers answer in place of RFC 6749's words, and what it means to each kind of request. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pollLaterOf } from '../../src/oauth/device-poll.ts'
import { isErrorAnswer, reduceErrorResponse } from '../../src/oauth/error-response.ts'
import { refusalOf } from '../../src/oauth/refusal.ts'
import { assertSentence } from '../support/golden.ts'

const user = 'user@example.com'

type Row = [status: number, body: string | object]

/** A refresh token that is dead, in the words of whoever says it. */
const deadGrants: Row[] = [
  [400, { error: 'invalid_grant' }],
  [200, { error: 'invalid_grant' }],
  // Yahoo
  [400, { error: 'INVALID_REFRESH_TOKEN', error_description: 'Failed to decode refresh token' }],
  // GitHub
  [200, { error: 'bad_refresh_token', error_description: 'The refresh token passed is incorrect' }],
  [200, 'error=bad_refresh_token&error_description=expired'],
  // Slack
  [200, { ok: false, error: 'invalid_refresh_token' }],
  // Zoho
  [200, { error: 'invalid_code' }],
  [400, { error: 'access_denied' }],
  [400, { error: 'Access Denied', error_description: 'The user took the access back' }],
  // Spring Security OAuth
  [401, { error: 'invalid_token', error_description: 'Encoded token is a refresh token' }],
  [401, { error: 'expired_token' }],
  [403, { error: 'access_denied' }],
  [404, { error: 'refresh token not found' }],
  // Supabase
  [400, { code: 400, error_code: 'refresh_token_not_found', msg: 'Invalid Refresh Token' }],
  // Apigee
  [
    401,
    {
      fault: {
        faultstring: 'Invalid Refresh Token',
        detail: { errorcode: 'keymanagement.service.invalid_refresh_token' },
      },
    },
  ],
  // AWS
  [401, { __type: 'ExpiredTokenException', error: 'expired_token' }],
  // the PHP League, Authlib, Ory, Better Auth
  [401, { error: 'invalid_request', message: 'The refresh token is invalid.', hint: 'revoked' }],
  [400, { error: 'invalid_request', error_description: 'Invalid "refresh_token" in request.' }],
  [
    400,
    {
      error: 'invalid_request',
      error_description: 'The request is missing a required parameter',
      error_hint: 'The refresh token has not been found: not_found',
    },
  ],
  // CAS, Keyrock, FerrisKey
  [400, 'invalid_grant'],
  [400, { message: 'Invalid grant: refresh token is invalid', statusCode: 400 }],
  [401, 'Invalid token'],
  // Microsoft and OpenID Connect
  [400, { error: 'interaction_required' }],
  [400, { error: 'unmet_authentication_requirements' }],
  [400, { error: 'account_selection_required' }],
  // nested, guarded, doubled
  [400, { error: { code: 'invalid_grant', message: 'expired' } }],
  [400, `)]}'\n{"error":"invalid_grant"}`],
  [400, [{ error: 'invalid_grant' }]],
]

/** The client, or how it asks: a new sign-in changes nothing. */
const refusedClients: Row[] = [
  ...[
    'invalid_client',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
    'invalid_request',
    'unsupported_token_type',
    'invalid_target',
    'invalid_dpop_proof',
    'invalid_redirect_uri',
    'redirect_uri_mismatch',
    'unapproved_software_statement',
    'org_internal',
    'admin_policy_enforced',
    'deleted_client',
    'disabled_client',
    'restricted_client',
    // GitHub, Zoho, Slack
    'incorrect_client_credentials',
    'application_suspended',
    'invalid_client_secret',
    'bad_client_secret',
  ].flatMap((error): Row[] => [400, 401, 200].map((status): Row => [status, { error }])),
  [400, { error: 'invalid_request', error_description: 'Missing parameter: refresh_token' }],
  [400, { error: 'invalid_request', error_description: 'the grant type is not valid' }],
  [400, { error: 'invalid_request', error_description: 'AADSTS90002: Tenant not found.' }],
  [
    401,
    { error: 'invalid_client', error_description: 'refresh token of another client is invalid' },
  ],
  // Keycloak
  [404, { error: 'Realm does not exist' }],
  [405, { error: 'wrong_way' }],
]

/** What another try may end. */
const temporary: Row[] = [
  [503, { error: 'invalid_grant' }],
  [429, ''],
  [425, ''],
  [500, '<html>'],
  [400, { error: 'temporarily_unavailable' }],
  [200, { error: 'server_error' }],
  [200, { error: 'slow_down' }],
  // Google
  [400, { error: 'internal_failure' }],
  [403, { error: { code: 403, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' } }],
  [403, { error: { errors: [{ reason: 'rateLimitExceeded' }], code: 403 } }],
  // Zoho
  [
    400,
    {
      error: 'Access Denied',
      error_description:
        'You have made too many requests continuously. Please try again after some time.',
    },
  ],
  [400, { errorCode: 'E0000047', errorSummary: 'API call exceeded rate limit' }],
]

/** Whoever said it has not said why, and may not be the authorization server. */
const unclear: Row[] = [
  [400, ''],
  [401, ''],
  [401, { error: 'Unauthorized', message: 'Full authentication is required', status: 401 }],
  [403, { message: 'Missing Authentication Token' }],
  [403, '<html><title>invalid_grant</title></html>'],
  [403, 'Forbidden by the proxy'],
  [404, { error: 'Not Found', path: '/token' }],
  [400, { message: `Unexpected token '<', "<html>" is not valid JSON` }],
  [302, ''],
  [407, '<html>'],
]

const expected: [string, Row[], refresh: string, signIn: string, elsewhere: string][] = [
  ['a dead grant', deadGrants, 'sign_in_required', 'sign_in_required', 'provider_rejected'],
  [
    'a refused client',
    refusedClients,
    'provider_rejected',
    'provider_rejected',
    'provider_rejected',
  ],
  [
    'temporary trouble',
    temporary,
    'provider_unavailable',
    'provider_unavailable',
    'provider_unavailable',
  ],
  [
    'an answer that does not say why',
    unclear,
    'provider_protocol',
    'provider_protocol',
    'provider_protocol',
  ],
]

for (const [what, rows, refresh, signIn, elsewhere] of expected) {
  describe(what, () => {
    for (const [status, body] of rows) {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      test(`${status} ${text}`, () => {
        assert.ok(isErrorAnswer({ status, body: text }))
        const answer = reduceErrorResponse(status, text)
        assert.equal(refusalOf(user, answer).code, refresh)
        assert.equal(refusalOf(user, answer, { request: 'sign-in' }).code, signIn)
        for (const request of ['app-token', 'discovery', 'revocation'] as const) {
          assert.equal(refusalOf(user, answer, { request }).code, elsewhere)
        }
      })
    }
  })
}

test('a status that says nothing names the sign-in as the other way out', () => {
  assertSentence(
    refusalOf(user, { status: 401 }).hint,
    'a status that says nothing names the sign-in as the other way out',
  )
  assert.doesNotMatch(refusalOf(user, { status: 404 }).hint, /login/)
  const description = 'Blocked by the proxy'
  const { message } = refusalOf(user, { status: 403, description })
  assertSentence(message, 'a status with words alone', { user, status: 403, description })
})

describe('a device poll', () => {
  const polls: [Row, string | undefined][] = [200, 400, 401, 428].flatMap(
    (status): [Row, string | undefined][] => [
      [[status, { error: 'authorization_pending' }], 'authorization_pending'],
      [[status, { error: 'AUTHORIZATION_PENDING' }], 'authorization_pending'],
      [[status, 'error=authorization_pending&error_description=x'], 'authorization_pending'],
      [[status, { error: { code: 'authorization_pending' } }], 'authorization_pending'],
      [[status, { error: 'slow_down', interval: 10 }], 'slow_down'],
      [[status, { error: 'access_denied' }], 'sign_in_failed'],
      [[status, { error: 'authorization_declined' }], 'sign_in_failed'],
      [[status, { error: 'expired_token' }], 'sign_in_failed'],
      [[status, { error: 'expired' }], 'sign_in_failed'],
      [[status, { error: 'invalid_grant' }], undefined],
      [[status, { error: 'incorrect_device_code' }], undefined],
    ],
  )
  for (const [[status, body], meaning] of polls) {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    test(`${status} ${text}: ${meaning ?? 'left to the others'}`, () => {
      assert.ok(isErrorAnswer({ status, body: text }))
      const said = pollLaterOf(user, reduceErrorResponse(status, text))
      assert.equal(typeof said === 'object' ? said.code : said, meaning)
    })
  }
})
