/** The pages in a real browser; SCREENSHOTS=DIRECTORY keeps a picture of each. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type Begun, Invitations } from '../../../src/daemon/sign-in/invitations.ts'
import {
  type CmsOauthError,
  ConfigInvalidError,
  ProviderProtocolError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInFailedError,
  StoreLockedError,
} from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import { fetchPage, openSignIn, refreshed } from './open-sign-in.ts'

const executablePath = '/usr/bin/chromium'
const audit = readFileSync(join(import.meta.dirname, 'audit-page.js'), 'utf8')
const screenshots = process.env['SCREENSHOTS']

interface Audit {
  overflow: number
  brokenCommands: string[]
  headings: string[]
  lang: string
  title: string
  landmarks: number
  lowestContrast: number
  ground: string
}

let browser: Browser
/** Shows the pages that depend on nothing before them. */
let shared: Awaited<ReturnType<typeof openProfile>>

before(async () => {
  assert.ok(existsSync(executablePath), 'chromium is missing: apt-get install chromium')
  browser = await chromium.launch({
    executablePath,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
  shared = await openProfile()
})

after(() => browser?.close())

const account = testAccount({
  user: 'a.person.with.quite.a.long.name@department.of.mail.example.com',
  loginHint: 'delegate@example.com',
  provider: 'office365',
  redirectUri: 'http://localhost',
  scopes: ['SMTP.Send', 'IMAP.AccessAsUser.All'].map(
    (name) => `https://outlook.office.com/${name}`,
  ),
})

const answer = {
  status: 400,
  error: 'invalid_client',
  description: 'AADSTS7000215: Invalid client secret provided.',
  aadsts: 7000215,
  correlationId: '7f1a4a9e-5b0c-4a52-8f2e-2f5dd1a1c0de',
}
const hint = 'do this; then run "cms-oauth reload"'

/** The provider's errors at the redemption, each with the heading of its page. */
const redemptionErrors: [heading: string, error: CmsOauthError][] = [
  [
    'That was another account',
    new SignInFailedError('you signed in as "other@example.com", not as "delegate@example.com"', {
      hint: `sign in again with the right account; if "other@example.com" is right, set login_hint = "other@example.com" for "${account.user}"`,
    }),
  ],
  [
    'The provider did not accept this sign-in',
    new SignInFailedError('the code was refused', { hint, answer: { error: 'invalid_grant' } }),
  ],
  ['The provider cannot be reached', new ProviderUnavailableError('no answer within 20 s')],
  ['The provider refuses access', new ProviderRejectedError('no', { hint, answer })],
  ['The provider’s answer cannot be used', new ProviderProtocolError('no token in it', { hint })],
  ['The configuration needs a change', new ConfigInvalidError('no secret', { hint })],
  ['The sign-in could not be saved', new StoreLockedError('another host has it', { hint })],
]

type Case = (context: TestContext) => Promise<string>

/** Each page by its heading: opens a sign-in that shows it, and gives its URL. */
const cases = new Map<string, Case>([
  ['Sign in to your mailbox', async (context) => (await openSignIn(context, { account })).pageUrl],
  ['You are signed in', (context) => endedBy(context, { code: 'x' })],
  ['Access was not allowed', (context) => endedBy(context, { error: 'access_denied' })],
  ...redemptionErrors.map(([heading, error]): [string, Case] => [
    heading,
    (context) => endedBy(context, { code: 'x' }, { redeemCode: () => Promise.reject(error) }),
  ]),
  [
    'This sign-in took too long',
    (context) => {
      const times = [0, 600_000]
      return endedBy(context, { code: 'x' }, { now: () => times.shift() ?? 0 })
    },
  ],
  [
    'This sign-in was cancelled',
    async (context) => {
      const { cancel, pageUrl } = await openSignIn(context, { account })
      cancel(new SignInFailedError('a newer sign-in took its place', { hint: 'use its page' }))
      return pageUrl
    },
  ],
])

/** The pages behind a notice, each by its heading. */
const code = {
  userCode: 'WDJB-MJHT',
  verificationUri: 'https://login.microsoftonline.example/common/oauth2/deviceauth',
  expiresAt: Date.now() + 900_000,
}
cases.set('There is no such page', async (context) => {
  const { pageUrl } = await openSignIn(context, { account })
  return new URL('/wrong', pageUrl).href
})
for (const [heading, begun] of [
  ['Sign in to your mailbox again', undefined],
  ['Type this code at your provider', { code }],
  ['No sign-in is needed', 'not needed'],
] as const) {
  cases.set(heading, (context) => invite(context, begun))
}

async function invite(context: TestContext, begun: Begun | undefined): Promise<string> {
  const invitations = new Invitations({ findAccount: () => account })
  context.after(() => invitations.close())
  const begin = () => Promise.resolve(begun ?? 'not needed')
  const url = (await invitations.open(account.user, begin)) ?? ''
  if (begun === undefined) return url
  const path = /class="action"\s+href="([^"]+)"/.exec((await fetchPage(url)).body)?.[1] ?? ''
  return new URL(path, url).href
}

const retryUrl = () => Promise.resolve('http://127.0.0.1:1/again')

async function endedBy(
  context: TestContext,
  parameters: Record<string, string>,
  options: Parameters<typeof openSignIn>[1] = {},
): Promise<string> {
  const { answer, pageUrl } = await openSignIn(context, { account, retryUrl, ...options })
  await answer(parameters)
  return pageUrl
}

/** A fresh browser profile that notes whatever a page should not do. */
async function openPage(context: TestContext) {
  const opened = await openProfile()
  context.after(() => opened.profile.close())
  return opened
}

async function openProfile() {
  const profile = await browser.newContext()
  const page = await profile.newPage()
  return { page, profile, complaints: watch(page, profile) }
}

function watch(page: Page, profile: BrowserContext): string[] {
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(`console: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`))
  profile.on('request', (request) => {
    if (!request.isNavigationRequest()) complaints.push(`request: ${request.url()}`)
  })
  return complaints
}

const grounds = { light: 'rgb(243, 244, 247)', dark: 'rgb(15, 18, 24)' }

for (const [heading, open] of cases) {
  test(`"${heading}" is readable in light and dark, on a desktop and on a phone`, async (context) => {
    const { page, complaints } = shared
    complaints.length = 0
    await page.goto(await open(context))
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [1280, 390, 320]) {
        await page.setViewportSize({ width, height: 900 })
        const found = await page.evaluate<Audit>(audit)
        assert.deepEqual(found.headings, [heading])
        assert.equal(found.title, `${heading} · cms-oauth`)
        assert.deepEqual([found.lang, found.landmarks], ['en', 1])
        assert.equal(found.ground, grounds[colorScheme])
        assert.equal(found.overflow, 0)
        assert.deepEqual(found.brokenCommands, [])
        assert.ok(found.lowestContrast >= 4.5, `contrast ${found.lowestContrast}`)
        await keepPicture(page, `${heading} ${colorScheme} ${width}`)
      }
    }
    // The browser itself notes a 404.
    assert.deepEqual(
      complaints.filter((text) => !text.includes('404')),
      [],
    )
  })
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (screenshots === undefined) return
  const path = join(screenshots, `${name.replaceAll(/\W+/g, '-')}.png`)
  await page.screenshot({ path, fullPage: true })
}

test('the way to the provider is the first thing that the keyboard reaches, and is seen there', async (context) => {
  const { page } = await openPage(context)
  const { pageUrl } = await openSignIn(context)
  await page.goto(pageUrl)
  await page.keyboard.press('Tab')
  const link = page.getByRole('link', { name: 'Continue to issuer.example' })
  const style =
    '(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))'
  assert.deepEqual(await page.evaluate(style), ['solid', '3px'])
  assert.equal(await link.evaluate((element) => element.matches(':focus-visible')), true)
  const box = await link.boundingBox()
  assert.ok(box !== null && box.height >= 44, 'a finger finds it')
})

test('a person goes from the notice to the sign-in page, with the keyboard alone', async (context) => {
  const { page, complaints } = await openPage(context)
  const { pageUrl } = await openSignIn(context)
  const url = await invite(context, undefined)
  const started = await invite(context, { pageUrl })
  await page.goto(url)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'No sign-in is needed' }).waitFor()
  await page.goto(started)
  await page.getByRole('heading', { name: 'Sign in to your mailbox' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('a person goes to the provider and back, and the history keeps no code', async (context) => {
  const { page, profile, complaints } = await openPage(context)
  const signIn = await openSignIn(context)
  let referrer: string | undefined
  await profile.route('https://login.issuer.example/**', async (route) => {
    referrer = route.request().headers()['referer']
    const { redirectUri = '', state = '' } = signIn.authorizations[0] ?? {}
    const location = `${redirectUri}?${new URLSearchParams({ code: 'canary-code', state }).toString()}`
    await route.fulfill({ status: 302, headers: { location } })
  })
  await page.goto(signIn.pageUrl)
  await page.getByRole('link', { name: 'Continue to issuer.example' }).click()
  await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
  assert.deepEqual(await signIn.outcome, refreshed())
  assert.equal(signIn.redemptions[0]?.code, 'canary-code')
  assert.equal(referrer, undefined)
  const devtools = await profile.newCDPSession(page)
  const { entries } = await devtools.send('Page.getNavigationHistory')
  const addresses = entries.map(({ url, userTypedURL }) => `${url} ${userTypedURL}`).join('\n')
  assert.doesNotMatch(addresses, /canary-code|state=/)
  assert.deepEqual(complaints, [])
})

test('Back and Reload after a sign-in find a page', async (context) => {
  const { page, profile, complaints } = await openPage(context)
  const signIn = await openSignIn(context)
  await profile.route('https://login.issuer.example/**', async (route) => {
    const { redirectUri = '', state = '' } = signIn.authorizations[0] ?? {}
    const location = `${redirectUri}?${new URLSearchParams({ code: 'x', state }).toString()}`
    await route.fulfill({ status: 302, headers: { location } })
  })
  await page.goto(signIn.pageUrl)
  await page.getByRole('link', { name: 'Continue to issuer.example' }).click()
  const signedIn = page.getByRole('heading', { name: 'You are signed in' })
  await signedIn.waitFor()
  await page.reload()
  await signedIn.waitFor()
  await page.goBack()
  await signedIn.waitFor()
  assert.equal(signIn.redemptions.length, 1)
  assert.deepEqual(complaints, [])
})

test('a person whose sign-in failed tries again', async (context) => {
  const { page } = await openPage(context)
  const second = await openSignIn(context)
  const retryUrl = await invite(context, { pageUrl: second.pageUrl })
  const first = await openSignIn(context, { account, retryUrl: () => Promise.resolve(retryUrl) })
  await first.answer({ error: 'access_denied' })
  await page.goto(first.pageUrl)
  await page.getByRole('link', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'Sign in to your mailbox' }).waitFor()
})
