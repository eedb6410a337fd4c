import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { type Begun, Invitations } from '../../../src/daemon/sign-in/invitations.ts'
import { ProviderUnavailableError } from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import { assertSentence } from '../../support/golden.ts'
import { fetchPage, textOf } from './open-sign-in.ts'

const user = 'user@example.com'

interface Setting {
  begun?: Begun
  accounts?: Account[]
  lifetimeMs?: number
}

function setUp(t: TestContext, setting: Setting = {}) {
  const { begun = { pageUrl: 'http://localhost:1/page' }, ...rest } = setting
  const accounts = rest.accounts ?? [testAccount()]
  const asked: string[] = []
  const invitations = new Invitations({
    findAccount: (wanted) => accounts.find((account) => account.user === wanted),
    ...(rest.lifetimeMs === undefined ? {} : { lifetimeMs: rest.lifetimeMs }),
  })
  t.after(() => invitations.close())
  const begin = (wanted: string) => () => {
    asked.push(wanted)
    return Promise.resolve(begun)
  }
  const open = async (wanted = user) =>
    (await invitations.open(wanted, begin(wanted))) ?? assert.fail('withdrawn')
  const retryUrl = () => invitations.retryUrl(user, begin(user))
  return { invitations, asked, open, retryUrl, begin, accounts }
}

async function linkOn(url: string): Promise<string> {
  const path = /class="action"\s+href="([^"]+)"/.exec((await fetchPage(url)).body)?.[1] ?? ''
  return new URL(path, url).href
}

async function isGone(url: string): Promise<boolean> {
  return fetchPage(url).then(
    ({ status }) => status === 404,
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  )
}

test('where the redirect URI is elsewhere, the page has the command in place of a link', async (t) => {
  const redirectUri = 'https://login.example/common/nativeclient'
  const { open } = setUp(t, { accounts: [testAccount({ redirectUri })] })
  const shown = await fetchPage(await open())
  assert.doesNotMatch(shown.body, /<a /)
  assertSentence(textOf(shown), 'the page of a notice about a redirect URI elsewhere', {
    user,
  })
})

test('by device code it ends nowhere, and the page leads on', async (t) => {
  const redirectUri = 'https://login.example/common/nativeclient'
  const { open, asked } = setUp(t, {
    accounts: [testAccount({ redirectUri, grant: 'device_code' })],
  })
  await fetchPage(await linkOn(await open()))
  assert.deepEqual(asked, [user])
})

test('the page says what for and begins nothing, however often it is fetched', async (t) => {
  const accounts = [testAccount({ loginHint: 'delegate@example.com' })]
  const { open, asked } = setUp(t, { accounts })
  const url = await open()
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/)
  for (let round = 0; round < 3; round++) {
    const text = textOf(await fetchPage(url))
    for (const word of [user, 'delegate@example.com', 'issuer.example', 'Sign in']) {
      assert.ok(text.includes(word), word)
    }
  }
  assert.deepEqual(asked, [])
})

test('its link begins a sign-in and leads to its page', async (t) => {
  const { open, asked } = setUp(t)
  const { status, location } = await fetchPage(await linkOn(await open()))
  assert.deepEqual([status, location], [303, 'http://localhost:1/page'])
  assert.deepEqual(asked, [user])
})

test('a sign-in by code shows code and page', async (t) => {
  const code = {
    userCode: 'ABCD-EFGH',
    verificationUri: 'https://issuer.example/device',
    verificationUriComplete: 'https://issuer.example/device?code=ABCD-EFGH',
    expiresAt: Date.now() + 15 * 60_000,
  }
  const { open } = setUp(t, { begun: { code }, accounts: [testAccount({ grant: 'device_code' })] })
  const url = await open()
  const provider = 'issuer.example'
  assertSentence(textOf(await fetchPage(url)), 'a page for a device code', { user, provider })
  const start = await linkOn(url)
  const text = textOf(await fetchPage(start))
  for (const word of ['ABCD-EFGH', code.verificationUri, '15 min']) {
    assert.ok(text.includes(word), word)
  }
  assert.equal(await linkOn(start), code.verificationUriComplete)
})

test('a sign-in that cannot begin says why and what to do', async (t) => {
  const error = new ProviderUnavailableError('no route to the provider')
  const { open } = setUp(t, { begun: { error } })
  const text = textOf(await fetchPage(await linkOn(await open())))
  const names = { user, why: 'No route to the provider' }
  assertSentence(text, 'a sign-in that cannot begin', names)
})

test('an account that works meanwhile says so', async (t) => {
  const { open } = setUp(t, { begun: 'not needed' })
  const text = textOf(await fetchPage(await linkOn(await open())))
  assertSentence(text, 'an account that works meanwhile', { user })
})

test('one port serves all accounts, and is closed with the last page', async (t) => {
  const users = Array.from({ length: 50 }, (_, number) => `user${number}@example.com`)
  const { open, invitations } = setUp(t, {
    accounts: users.map((one) => testAccount({ user: one })),
  })
  const urls = await Promise.all(users.map((one) => open(one)))
  assert.equal(new Set(urls.map((url) => new URL(url).port)).size, 1)
  for (const [index, url] of urls.entries()) {
    assert.ok(textOf(await fetchPage(url)).includes(users[index] ?? '?'))
  }
  for (const one of users.slice(1)) invitations.withdraw(one)
  assert.equal(await isGone(urls[1] ?? ''), true)
  assert.equal((await fetchPage(urls[0] ?? '')).status, 200)
  invitations.withdraw(users[0] ?? '')
  await assert.rejects(fetchPage(urls[0] ?? ''), { code: 'ECONNREFUSED' })
})

test('a newer page takes the place of an older, and so does its link', async (t) => {
  const { open, asked } = setUp(t)
  const older = await open()
  const olderLink = await linkOn(older)
  const newer = await open()
  assert.equal(new URL(newer).port, new URL(older).port)
  for (const url of [older, olderLink]) assert.equal(await isGone(url), true)
  assert.equal((await fetchPage(newer)).status, 200)
  assert.deepEqual(asked, [])
})

test('a page is good for its time', async (t) => {
  const { open } = setUp(t, { lifetimeMs: 1 })
  const url = await open()
  while (!(await isGone(url)));
})

test('a page that is withdrawn before its port is open has no URL', async (t) => {
  const { invitations, begin } = setUp(t)
  const opening = invitations.open(user, begin(user))
  invitations.withdraw(user)
  assert.equal(await opening, undefined)
  // The next one gets a port again.
  assert.ok(await invitations.open(user, begin(user)))
})

test('an account that left the configuration has no page', async (t) => {
  const { open, accounts } = setUp(t)
  const url = await open()
  accounts.length = 0
  assert.equal((await fetchPage(url)).status, 404)
})

test('a failed sign-in is begun again at an address of its own, and once for all that failed', async (t) => {
  const { invitations, asked, retryUrl } = setUp(t)
  const url = (await retryUrl()) ?? ''
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/)
  assert.equal(await retryUrl(), url)
  assert.equal((await fetchPage(url)).status, 303)
  assert.deepEqual(asked, [user])
  invitations.withdraw(user)
  assert.ok(await isGone(url))
})

test('a page that waits for a person stays good when a sign-in fails', async (t) => {
  const { open, retryUrl } = setUp(t)
  const url = await open()
  assert.equal(await retryUrl(), await linkOn(url))
})

test('a begun sign-in that fails at once offers another try', async (t) => {
  const { retryUrl } = setUp(t, { begun: { error: new ProviderUnavailableError('no answer') } })
  const url = (await retryUrl()) ?? ''
  assert.equal(await linkOn(url), url)
})
