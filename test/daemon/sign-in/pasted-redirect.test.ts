import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePastedRedirect } from '../../../src/daemon/sign-in/pasted-redirect.ts'
import { isCmsOauthError, ProviderUnavailableError } from '../../../src/errors.ts'
import { expectedError } from '../../support/golden.ts'
import { openSignIn, providerUrl, refreshed } from './open-sign-in.ts'

const user = 'user@example.com'
const redirectUri = 'http://localhost:4321'
const hint =
  'paste the whole address that the browser shows when it cannot open the page after the sign-in; it begins with "http://localhost:4321"'

for (const pasted of [
  'http://localhost:4321/?code=c&state=s',
  ' http://localhost:4321?code=c&state=s \r\n',
  '"http://localhost:4321/?code=c&state=s"',
  '<http://localhost:4321/?code=c&state=s>',
  'http://LOCALHOST:4321/?code=c&state=s#',
  'localhost:4321/?code=c&state=s',
  '127.0.0.1:4321/?code=c&state=s',
  'http://127.0.0.1:4321/?code=c&state=s',
  'http://[::1]:4321/?code=c&state=s',
  'https://localhost:4321/?code=c&state=s',
  'https://127.0.0.1:4321?code=c&state=s',
  'http://localhost:4321/?code=c&amp;state=s',
  'http://localhost:4321/?code=c&#38;state=s',
  'http://localhost:4321/\\?code\\=c\\&state\\=s',
  'http://localhost:4321/?co\r\n  de=c&st\nate=s\n',
  'http://localhost:4321/?code=c&sta te=s',
  'http://localhost:4321/#code=c&state=s',
  '?code=c&state=s',
  'code=c&state=s',
  '(http://localhost:4321/?code=c&state=s)',
]) {
  test(`taken: ${JSON.stringify(pasted)}`, () => {
    const parameters = parsePastedRedirect(pasted, { user, redirectUri })
    assert.deepEqual(Object.fromEntries(parameters), { code: 'c', state: 's' })
  })
}

const ofErrorPage = '; where the page shows an error, paste the line with its number or name'

const page = 'https://login.example/common/nativeclient'

for (const pasted of [
  `${page}?code=c&state=s`,
  ` "${page}?code=c&state=s#" `,
  'login.example/common/nativeclient?code=c&state=s',
  `${page}#code=c&state=s`,
  '?code=c&state=s',
]) {
  test(`taken of a page elsewhere: ${JSON.stringify(pasted)}`, () => {
    const parameters = parsePastedRedirect(pasted, { user, redirectUri: page })
    assert.deepEqual(Object.fromEntries(parameters), { code: 'c', state: 's' })
  })
}

test('the address of another page of the same site is explained', () => {
  for (const [path, key] of [
    ['/common/oauth2/authorize?client_id=canary', 'another page of the same site'],
    ['/common/nativeclient', 'a page elsewhere without parameters'],
  ] as const) {
    const pasted = `https://login.example${path}`
    const refusal = expectedError('request_invalid', key, { page: `"${page}"` })
    assert.throws(() => parsePastedRedirect(pasted, { user, redirectUri: page }), refusal)
  }
})

for (const [pasted, message] of [
  ['canary', 'what was pasted is not the address of a web page'],
  ['', 'what was pasted is empty'],
  [' "" ', 'what was pasted is empty'],
  ['ftp://localhost:4321/?code=canary', 'what was pasted is not the address of a web page'],
  ['0.AXcAcanary-4tV_x', 'what was pasted looks like the code alone, or the end of an address'],
  [
    'https://login.example/authorize?client_id=canary',
    'what was pasted is an address of "login.example", from before the end of the sign-in',
  ],
  [
    'http://localhost:1234/?code=canary&state=s',
    'what was pasted is the address of another page, or of an older sign-in',
  ],
  [
    'https://localhost/?code=canary&state=s',
    'what was pasted is the address of another page, or of an older sign-in',
  ],
  [
    'http://localhost:4321/other?code=canary&state=s',
    'what was pasted is the address of another page, or of an older sign-in',
  ],
  [
    'http://localhost:4321/',
    'what was pasted is cut off: it lacks the part after the question mark',
  ],
  ['localhost:4321/?code=canary', 'what was pasted is cut off: it has no "state="'],
  ['http://localhost:4321/?code=canary&sta', 'what was pasted is cut off: it has no "state="'],
  ['http://localhost:4321/?code=canary&state=', 'what was pasted is cut off: it has no "state="'],
  ['http://localhost:4321/?state=canary', 'what was pasted is cut off: it has no "code="'],
] as const) {
  test(`explained, and never repeated: ${JSON.stringify(pasted)}`, () => {
    assert.throws(() => parsePastedRedirect(pasted, { user, redirectUri }), {
      code: 'request_invalid',
      message,
      hint: message.includes('before the end') ? `${hint}${ofErrorPage}` : hint,
    })
    assert.ok(!`${message}${hint}`.includes('canary'))
  })
}

/** Of error pages, from which no browser comes back: what a person copies, and the word that stands for it. */
for (const [pasted, word] of [
  ['AADSTS50011: The redirect URI canary does not match.', 'AADSTS50011'],
  ["Message: AADSTS700016: Application with identifier 'canary' was not found", 'AADSTS700016'],
  ["AADSTS90002: Tenant 'canary' not found.", 'AADSTS90002'],
  ['Error Code: AADSTS90094', 'AADSTS90094'],
  ['Error 400: redirect_uri_mismatch', 'redirect_uri_mismatch'],
  ['Error 401: invalid_client', 'invalid_client'],
  ['Error 403: org_internal', 'org_internal'],
  ['Error 403: access_denied', 'access_denied'],
  [
    'cms has not completed the Google verification process. The app is currently being tested, and can only be accessed by developer-approved testers.',
    'access_denied',
  ],
  ['Error 403: disallowed_useragent', 'disallowed_useragent'],
  [
    "You can't sign in to this app because it doesn't comply. Error 400: invalid_request",
    'invalid_request',
  ],
  ['The OAuth client was not found. Error 401: invalid_client', 'invalid_client that is not found'],
  ['Error 400: policy_enforced', 'policy_enforced'],
  ['Error 400: origin_mismatch', 'origin_mismatch'],
  ['Error 400: canary_word', 'a word that is not known'],
  ['AADSTS900021: Requested tenant identifier canary is not valid.', 'AADSTS900021'],
  ['AADSTS50020: User account canary does not exist in tenant', 'AADSTS50020'],
  ['AADSTS50194: Application canary is not configured as a multi-tenant', 'AADSTS50194'],
  ['AADSTS1234567: canary', 'a number that is not known'],
  ["You can't sign in here with a personal account. Use your work account.", 'a personal account'],
  ["That Microsoft account doesn't exist. Enter a different account.", 'an unknown account'],
  ['Need admin approval', 'AADSTS90094'],
  ['Your sign-in was successful but does not meet the criteria to access', 'AADSTS53003'],
  [
    'unauthorized_client: The client does not exist or is not enabled for consumers. canary',
    'a client that is not for consumers',
  ],
] as const) {
  test(`explained, from the page of the provider: ${pasted}`, () => {
    assert.throws(
      () => parsePastedRedirect(pasted, { user, redirectUri }),
      expectedError('request_invalid', `${word} on the page of the provider`, { user }),
    )
  })
}

test('no text breaks it', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string().map((text) => `${redirectUri}${text}`),
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        assert.ok(parsePastedRedirect(text, { user, redirectUri }).size >= 0)
      } catch (error) {
        assert.ok(isCmsOauthError(error) && error.code === 'request_invalid', String(error))
      }
    }),
  )
})

test('the end of a browser elsewhere is taken as the page takes one', async (t) => {
  const signIn = await openSignIn(t)
  assert.equal(await signIn.providerUrl(), providerUrl)
  signIn.redirect(pastedOf(signIn, { code: 'the-code' }))
  assert.deepEqual(await signIn.outcome, refreshed())
  assert.deepEqual(signIn.steps, ['code_received'])
  assert.equal(signIn.redemptions[0]?.code, 'the-code')
  assert.throws(
    () => signIn.redirect(pastedOf(signIn, { code: 'another' })),
    expectedError('request_invalid', 'a second answer'),
  )
})

test('one of another sign-in is explained, and the right one may follow', async (t) => {
  const signIn = await openSignIn(t)
  for (const state of ['short', 'another-state-of-another-sign-in']) {
    assert.throws(
      () => signIn.redirect(pastedOf(signIn, { code: 'c', state })),
      expectedError('request_invalid', 'one of another sign-in'),
    )
  }
  signIn.redirect(pastedOf(signIn, { code: 'c' }))
  assert.deepEqual(await signIn.outcome, refreshed())
})

test('one whose state is the beginning of the right one is cut off', async (t) => {
  const signIn = await openSignIn(t)
  const whole = pastedOf(signIn, { code: 'c' })
  const { searchParams } = new URL(whole)
  const state = searchParams.get('state') ?? ''
  assert.throws(
    () => signIn.redirect(pastedOf(signIn, { code: 'c', state: state.slice(0, 20) })),
    expectedError('request_invalid', 'one that is cut off', { parameter: 'state=' }),
  )
  signIn.redirect(whole.replace('http:', 'https:').replace('&', '&amp;\r\n'))
  assert.deepEqual(await signIn.outcome, refreshed())
})

test('an error in it, or a foreign issuer, ends the sign-in', async (t) => {
  const denied = await openSignIn(t)
  denied.redirect(pastedOf(denied, { error: 'access_denied' }))
  await assert.rejects(denied.outcome, { code: 'sign_in_failed', message: /was denied/ })
  const mixed = await openSignIn(t, {
    startAuthorization: async () => ({ url: providerUrl, issuer: 'https://issuer.example' }),
  })
  await mixed.providerUrl()
  mixed.redirect(pastedOf(mixed, { code: 'c', iss: 'https://evil.example' }))
  await assert.rejects(
    mixed.outcome,
    expectedError('provider_protocol', 'one of another issuer', { issuer: 'https://evil.example' }),
  )
  assert.deepEqual(mixed.redemptions, [])
})

test('a provider that cannot be asked fails whoever waits for its address', async (t) => {
  const signIn = await openSignIn(t, {
    startAuthorization: () => Promise.reject(new ProviderUnavailableError('no route')),
  })
  await assert.rejects(signIn.providerUrl(), { code: 'provider_unavailable' })
})

type OpenSignIn = Awaited<ReturnType<typeof openSignIn>>

function pastedOf({ authorizations }: OpenSignIn, parameters: Record<string, string>): string {
  const { redirectUri: uri = '', state = '' } = authorizations[0] ?? {}
  const url = new URL(uri)
  url.search = new URLSearchParams({ state, ...parameters }).toString()
  return url.href
}
