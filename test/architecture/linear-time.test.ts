/**
 * Whatever reads foreign text takes time in proportion to it: 256 KiB of one character (or of one piece
 * that an expression begins with) stop nobody. `\s*Trace ID:` took 41 s for that many blanks.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForeignTokens } from '../../src/client/parse-foreign-tokens.ts'
import { pythonBytes } from '../../src/client/python-bytes.ts'
import { parsePastedRedirect } from '../../src/daemon/sign-in/pasted-redirect.ts'
import { failureOfAnswer } from '../../src/daemon/sign-in/sign-in-failure.ts'
import { JsonLines } from '../../src/etcd/json-lines.ts'
import { attemptErrorOf } from '../../src/etcd/gateway-answer.ts'
import { withoutEchoes } from '../../src/https/without-echoes.ts'
import { Mask } from '../../src/logging/mask.ts'
import { refusal as mailRefusal } from '../../src/mail/refusal.ts'
import { parseDeviceAuthorization } from '../../src/oauth/device-authorization.ts'
import {
  isErrorAnswer,
  reduceDescription,
  reduceErrorResponse,
} from '../../src/oauth/error-response.ts'
import { parseIdToken } from '../../src/oauth/id-token.ts'
import { parseMetadata } from '../../src/oauth/metadata.ts'
import { refusalOf } from '../../src/oauth/refusal.ts'
import { parseRetryAfter } from '../../src/oauth/retry-after.ts'
import { parseTokenResponse } from '../../src/oauth/token-response.ts'

const size = 256 * 1_024
/** Of the processor, not of the clock: other work on the machine does not count. */
const limitMs = 1_500

const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
const pieces = [
  ...printable,
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\u00e9',
  '\ufeff',
  '\u2028',
  '[{',
  '{"error":',
  'a=&',
  ")]}'",
  'AADSTS',
  'Trace ID:',
  'a.',
  'authenticat',
  '/*',
  'refresh_token',
]

const user = 'user@example.com'
const pasting = { user, redirectUri: 'http://127.0.0.1:1/' }
const maskOfAs = new Mask()
maskOfAs.add('a'.repeat(40))
const json = (name: string) => (text: string) => JSON.stringify({ [name]: text })

/** Every reader of what a server, a program or a person gives, by name. */
const readers: Record<string, (text: string) => unknown> = {
  'an answer of etcd': (text) => attemptErrorOf(400, { code: 3, message: text }, text),
  'an event of etcd': (text) => {
    const lines = new JsonLines(size * 2)
    for (const byte of ['{', text, '}\n'])
      for (const line of lines.push(Buffer.from(byte))) void line
  },
  'a body': (text) => reduceErrorResponse(400, text),
  'a body that may be good': (body) => isErrorAnswer({ status: 200, body }),
  'an error': (text) => refusalOf(user, reduceErrorResponse(400, json('error')(text))),
  'a description': (text) =>
    refusalOf(
      user,
      reduceErrorResponse(400, JSON.stringify({ error: 'e', error_description: text })),
    ),
  'a description alone': reduceDescription,
  'a description after its number': (text) =>
    reduceErrorResponse(400, json('error_description')(`AADSTS1${text}`)),
  'a nested message': (text) =>
    reduceErrorResponse(
      400,
      JSON.stringify({ error: { message: text, errors: [{ reason: text }] } }),
    ),
  'a correlation id': (text) => reduceErrorResponse(400, json('correlation_id')(text)),
  'a trace id': (text) => reduceErrorResponse(400, json('error_description')(`Trace ID: ${text}`)),
  'a timestamp': (text) =>
    reduceErrorResponse(400, json('error_description')(`Timestamp: 1${text}`)),
  'a pasted error': (text) => parsePastedRedirect(`AADSTS1${text} Error 400: ${text}`, pasting),
  'a retry-after': (text) => parseRetryAfter(text, 0),
  'a retry-after of digits': (text) => parseRetryAfter(`1${text}`, 0),
  'a redirect': (text) =>
    failureOfAnswer(user, new URLSearchParams({ error: text, error_description: text })),
  metadata: (text) => parseMetadata(text, 'https://issuer.example'),
  'an issuer': (text) => parseMetadata(json('issuer')(text), text),
  'a user code': (text) =>
    parseDeviceAuthorization(JSON.stringify({ device_code: 'd', user_code: text }), 0),
  'a verification page': (text) =>
    parseDeviceAuthorization(
      JSON.stringify({ device_code: 'd', user_code: 'u', verification_uri: `https://${text}` }),
      0,
    ),
  'a token answer': (text) => parseTokenResponse(text, 0),
  'an access token': (text) => parseTokenResponse(json('access_token')(text), 0),
  'an id_token': parseIdToken,
  'an echo': (text) =>
    withoutEchoes(text, { url: 'https://x', body: 'refresh_token=aaaaaaaaaaaaaaaa' }),
  'a mail server': (text) => maskOfAs.apply(text),
  'a refused login': (text) =>
    mailRefusal(
      { protocol: 'SMTP', stage: 'login', code: '535', text, challenge: text, alerts: [text] },
      { user: 'user@example.com', provider: undefined, isAppOnly: false },
    ),
  'a reply for the transcript': pythonBytes,
  'a pasted address': (text) => parsePastedRedirect(text, pasting),
  'a pasted query': (text) => parsePastedRedirect(`<http://127.0.0.1:1/?${text}`, pasting),
  'a foreign token': (text) => parseForeignTokens(text),
}

for (const [what, read] of Object.entries(readers)) {
  test(`${what} of 256 KiB of one piece is read in time`, () => {
    for (const piece of pieces) {
      const text = piece.repeat(Math.ceil(size / piece.length))
      const before = process.cpuUsage()
      try {
        read(text)
      } catch {
        // It may be refused, but soon.
      }
      const { user: usedUs } = process.cpuUsage(before)
      assert.ok(
        usedUs < limitMs * 1_000,
        `${JSON.stringify(piece)}: ${Math.round(usedUs / 1_000)} ms`,
      )
    }
  })
}
