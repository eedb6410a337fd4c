/** Whatever JSON stands where a field is looked for: an answer is read, or refused by an error of ours. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCmsOauthError } from '../../src/errors.ts'
import { parseDeviceAuthorization } from '../../src/oauth/device-authorization.ts'
import { isErrorAnswer, reduceErrorResponse } from '../../src/oauth/error-response.ts'
import { parseIdToken } from '../../src/oauth/id-token.ts'
import { parseMetadata } from '../../src/oauth/metadata.ts'
import { refreshTokenIn } from '../../src/oauth/rotated-token.ts'
import { parseTokenResponse } from '../../src/oauth/token-response.ts'

const fields = [
  'access_token refresh_token token_type expires_in scope id_token refresh_token_expires_in',
  'error error_description error_codes suberror correlation_id interval device_code user_code',
  'verification_uri verification_uri_complete issuer token_endpoint authorization_endpoint sub aud',
  'iss exp iat nonce email preferred_username upn data result response claims 0',
].flatMap((line) => line.split(' '))

const hostile = fc.constantFrom({ toString: 0 }, { toJSON: 1 }, { length: -1 }, ['', {}], [[]])
const value = fc.oneof(
  fc.jsonValue(),
  hostile,
  fc.constantFrom('1', 'Bearer', '', '1e999', '\u0000'),
)
const answer = fc.dictionary(fc.constantFrom(...fields), fc.oneof(value, fc.array(value)))

const readers: Record<string, (body: string) => unknown> = {
  parseDeviceAuthorization: (body) => parseDeviceAuthorization(body, 0),
  isErrorAnswer: (body) => isErrorAnswer({ status: 200, body }),
  reduceErrorResponse: (body) => reduceErrorResponse(400, body),
  parseIdToken: (body) => parseIdToken(`e30.${Buffer.from(body).toString('base64url')}.x`),
  parseMetadata: (body) => parseMetadata(body, 'https://localhost'),
  refreshTokenIn: (body) => refreshTokenIn(body, true),
  parseTokenResponse: (body) => parseTokenResponse(body, 0),
}

for (const [name, read] of Object.entries(readers)) {
  test(`${name} takes any JSON`, () => {
    fc.assert(
      fc.property(answer, (body) => {
        try {
          read(JSON.stringify(body))
        } catch (error) {
          assert.ok(isCmsOauthError(error), String(error))
        }
      }),
      { numRuns: 1_000 },
    )
  })
}
