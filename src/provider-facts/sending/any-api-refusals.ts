/** What a status means at any API, for words that no other row has. */
import { triedAgain } from '../../errors.ts'
import type { SendRefusalRow } from './send-refusal-row.ts'

const again = `it ${triedAgain}`

/** A gateway answers for a server that may go on: four tries that met 504 at Graph sent four copies. */
const gateway = {
  verdict: 'waits',
  isUncertain: true,
  meaning: 'what is behind the gateway of the provider did not answer it',
  nextStep: `${again}, with the same Message-ID: it may have been sent already`,
} as const

/** From RFC 9110 and 6585. The last rows fit whatever comes. */
export const anyApiRefusals: readonly SendRefusalRow[] = [
  {
    status: [401, 401],
    verdict: 'token',
    meaning: 'the token is not accepted',
    nextStep: 'run "cms-oauth login {user}" again',
    appOnly: {
      endedBy: 'operator',
      nextStep: 'check the clock of this machine, and the credentials of the application',
    },
    example: {
      status: 401,
      body: '{"error":{"code":401,"message":"Invalid Credentials","errors":[{"message":"Invalid Credentials","domain":"global","reason":"authError"}],"status":"UNAUTHENTICATED"}}',
    },
    source: 'RFC 9110 section 15.5.2',
  },
  {
    status: [407, 407],
    verdict: 'operator',
    meaning: 'a proxy requires a user and a password',
    nextStep: 'set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, then restart cms-oauthd',
    example: { status: 407, body: '' },
    source: 'RFC 9110 section 15.5.8',
  },
  {
    status: [408, 408],
    verdict: 'waits',
    meaning: 'the message did not arrive in time',
    nextStep: again,
    example: { status: 408, body: '' },
    source: 'RFC 9110 section 15.5.9',
  },
  {
    status: [413, 413],
    verdict: 'never',
    meaning: 'the message is larger than the provider, or a proxy, accepts',
    nextStep: 'lower max_size of the outbox, so that the rest is left out next time',
    example: { status: 413, body: '<html><title>413 Request Entity Too Large</title></html>' },
    source: 'RFC 9110 section 15.5.14',
  },
  {
    status: [429, 429],
    verdict: 'waits',
    meaning: 'the provider asks to send more slowly',
    nextStep: again,
    example: { status: 429, body: '' },
    source: 'RFC 6585 section 4',
  },
  {
    status: [502, 502],
    ...gateway,
    example: { status: 502, body: '<html><title>502 Bad Gateway</title></html>' },
    source: 'RFC 9110 section 15.6.3',
  },
  {
    status: [504, 504],
    ...gateway,
    example: { status: 504, body: '{"error":{"code":"UnknownError","message":""}}' },
    source: 'https://learn.microsoft.com/en-us/answers/questions/2286986/',
  },
  {
    status: [500, 599],
    verdict: 'waits',
    meaning: 'the provider has trouble of its own',
    nextStep: again,
    example: { status: 500, body: '<html><title>500 Internal Server Error</title></html>' },
    source: 'RFC 9110 section 15.6',
  },
  {
    status: [400, 499],
    verdict: 'operator',
    isOfMessage: true,
    meaning: 'the provider does not accept the request, in words that are not known here',
    nextStep: 'check what its documentation says about these words; the message is kept',
    example: {
      status: 451,
      body: '{"error":{"code":"SomethingNew","message":"Nobody has heard of this."}}',
    },
    source: 'RFC 9110 section 15.5',
  },
  {
    verdict: 'waits',
    meaning: 'this is not an answer of the provider',
    nextStep: `${again}; if it keeps happening, check what is between here and the provider`,
    example: { status: 302, body: '<html>log in to this network</html>' },
    source: 'RFC 9110 section 15.4',
  },
]
