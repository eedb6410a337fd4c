import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { SignInFailedError } from '../../../src/errors.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import { assertSentence, expectedError } from '../../support/golden.ts'
import { defer } from './deferred.ts'
import { fetchPage, openSignIn, providerUrl, refreshed, textOf } from './open-sign-in.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

test('the page says who, where and what for, and leads to the provider', async (context) => {
  const account = testAccount({
    user: 'shared@example.com',
    loginHint: 'delegate@example.com',
    provider: 'office365',
    redirectUri: 'http://localhost',
    scopes: ['https://outlook.office.com/SMTP.Send'],
  })
  const { pageUrl } = await openSignIn(context, { account })
  const page = await fetchPage(pageUrl)
  assert.equal(page.status, 200)
  const words = textOf(page)
  for (const part of [
    'Mailbox shared@example.com',
    'Sign in as delegate@example.com',
    'Provider Microsoft login.issuer.example',
    'Send mail from this mailbox',
    'Continue to Microsoft',
  ]) {
    assert.ok(words.includes(part), part)
  }
  assert.ok(page.body.includes(`href="${providerUrl.replaceAll('&', '&amp;')}"`))
})

test('a sign-in goes from the page over the code to the grant', async (context) => {
  const signIn = await openSignIn(context)
  await fetchPage(signIn.pageUrl)
  await fetchPage(signIn.pageUrl)
  const redirect = await signIn.answer({ code: 'the code', session_state: 'ignored' })
  assert.equal(redirect.status, 303)
  assert.match(redirect.location ?? '', /^\/[\w-]{43}$/)
  assert.equal(redirect.body, '')
  assert.deepEqual(await signIn.outcome, refreshed())
  assert.deepEqual(signIn.steps, ['page_opened', 'code_received'])
  const page = await fetchPage(new URL(redirect.location ?? '', signIn.pageUrl).href)
  assert.equal(page.status, 200)
  const names = { user: 'user@example.com', provider: 'issuer.example' }
  assertSentence(textOf(page), 'the page of success', names)
})

test('the code is redeemed with what the authorization was asked with', async (context) => {
  const account = testAccount()
  const { answer, authorizations, redemptions, outcome } = await openSignIn(context, { account })
  await answer({ code: 'the code' })
  await outcome
  const [asked, redeemed] = [authorizations[0], redemptions[0]]
  assert.ok(asked !== undefined && redeemed !== undefined)
  assert.deepEqual([asked.account, redeemed.account], [account, account])
  assert.deepEqual(
    [redeemed.code, redeemed.redirectUri, redeemed.nonce],
    ['the code', asked.redirectUri, asked.nonce],
  )
  const challenge = createHash('sha256').update(redeemed.codeVerifier).digest('base64url')
  assert.equal(challenge, asked.codeChallenge)
})

test("each provider's redirect URI and page have the authority of its registration", async (context) => {
  for (const [provider, redirectUri, authority, path] of [
    ['office365', 'http://localhost', 'http://localhost', ''],
    ['gmail', 'http://127.0.0.1', 'http://127.0.0.1', '/'],
    ['oidc', 'http://[::1]/back', 'http://[::1]', '/back'],
  ] as const) {
    const account = testAccount({ provider, redirectUri })
    const { pageUrl, authorizations } = await openSignIn(context, { account })
    const { port } = new URL(pageUrl)
    assert.equal(authorizations[0]?.redirectUri, `${authority}:${port}${path}`)
    assert.ok(pageUrl.startsWith(`${authority}:${port}/`))
  }
})

test('no two sign-ins have the same page', async (context) => {
  const paths = new Set<string>()
  for (let i = 0; i < 3; i++) paths.add(new URL((await openSignIn(context)).pageUrl).pathname)
  assert.equal(paths.size, 3)
  for (const path of paths) assert.match(path, /^\/[\w-]{43}$/)
})

test('an answer with a wrong state is refused and leaves the sign-in alive', async (context) => {
  const { answer, redemptions, outcome, pageUrl } = await openSignIn(context)
  for (const parameters of [
    { state: 'wrong', code: 'x' },
    { state: 'wrong', error: 'x' },
  ]) {
    const page = await answer(parameters)
    assert.equal(page.status, 400)
    assertSentence(textOf(page), 'the page of a wrong state')
    assert.equal(page.body.includes(new URL(pageUrl).pathname), false)
  }
  assert.equal((await fetchPage(new URL('/', pageUrl).href)).status, 400)
  assert.deepEqual(redemptions, [])
  await answer({ code: 'the code' })
  assert.deepEqual(await outcome, refreshed())
})

test('a code is redeemed once, and who comes again is shown the outcome', async (context) => {
  const redeeming = defer<FreshToken>()
  const signIn = await openSignIn(context, { redeemCode: () => redeeming.promise })
  const first = await signIn.answer({ code: 'the code' })
  const again = await signIn.answer({ code: 'another code' })
  assert.deepEqual([again.status, again.location], [303, first.location])
  const waiting = fetchPage(signIn.pageUrl)
  redeeming.resolve(refreshed())
  const names = { user: 'user@example.com', provider: 'issuer.example' }
  assertSentence(textOf(await waiting), 'the page of success', names)
  assert.deepEqual(
    signIn.redemptions.map(({ code }) => code),
    ['the code'],
  )
})

test('what is told of a grant: another address, and a disk that is full', async (context) => {
  const grant = refreshed({ identity: 'alias@example.com', isDurable: false })
  const { answer, pageUrl } = await openSignIn(context, { redeemCode: async () => grant })
  await answer({ code: 'x' })
  const words = textOf(await fetchPage(pageUrl))
  const names = { user: 'user@example.com', identity: 'alias@example.com' }
  assertSentence(words, 'the page of another address and a full disk', names)
})

test('a newer sign-in takes over a fixed port', async (context) => {
  const port = await freePort()
  const account = testAccount({ redirectUri: `http://127.0.0.1:${port}/back` })
  const older = await openSignIn(context, { account })
  assert.equal(older.authorizations[0]?.redirectUri, account.redirectUri)
  older.cancel(new SignInFailedError('superseded'))
  const newer = await openSignIn(context, { account, listen: { port: 1 } })
  await older.answer({ code: 'x' }).then(({ status }) => assert.equal(status, 400))
  await newer.answer({ code: 'y' })
  assert.deepEqual(await newer.outcome, refreshed())
})

for (const [how, parameters] of [
  ['was completed', { code: 'x' }],
  ['was refused', { error: 'access_denied' }],
] as const) {
  test(`a fixed port is free for the next sign-in, though nobody saw that one ${how}`, async (context) => {
    const port = await freePort()
    const account = testAccount({ redirectUri: `http://127.0.0.1:${port}/back` })
    for (let round = 0; round < 2; round++) {
      const { answer, outcome } = await openSignIn(context, { account })
      assert.equal((await answer(parameters)).status, 303)
      await outcome.catch(() => {})
    }
  })
}

test('the configured port is used where the redirect URI names none', async (context) => {
  const port = await freePort()
  const { pageUrl } = await openSignIn(context, { listen: { port } })
  assert.equal(new URL(pageUrl).port, String(port))
})

test('a port that is taken is named, with what to do', async (context) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const names = { port, user: 'user@example.com', errno: 'EADDRINUSE' }
  await assert.rejects(
    openSignIn(context, { listen: { port } }),
    expectedError('sign_in_failed', 'a port that is taken', names),
  )
})

test('no page holds a code, a token or a key', async (context) => {
  const canary = 'canary-code'
  const signIn = await openSignIn(context)
  const start = await fetchPage(signIn.pageUrl)
  const redirect = await signIn.answer({ code: canary })
  const outcome = await fetchPage(signIn.pageUrl)
  const { nonce = '', state = '' } = signIn.authorizations[0] ?? {}
  const { codeVerifier = '' } = signIn.redemptions[0] ?? {}
  const pages = start.body + outcome.body + JSON.stringify(redirect)
  for (const secret of [canary, 'canary-access-token', nonce, state, codeVerifier]) {
    assert.equal(pages.includes(secret), false)
  }
})
