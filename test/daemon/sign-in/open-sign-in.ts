import { get } from 'node:http'
import { hostname } from 'node:os'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { BrowserSignIn } from '../../../src/daemon/sign-in/browser-sign-in.ts'
import { type CmsOauthError, SignInFailedError } from '../../../src/errors.ts'
import type { Jobs, FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import { refreshedToken } from '../../support/refreshed.ts'

type Options = Partial<Parameters<typeof BrowserSignIn.open>[0]>

interface TestSignIn {
  pageUrl: string
  outcome: Promise<FreshToken>
  cancel: (error: CmsOauthError) => void
  redirect: (url: string) => void
  providerUrl: () => Promise<string>
  steps: string[]
  /** What the provider was asked with. */
  authorizations: Jobs['start-authorization']['parameters'][]
  redemptions: Jobs['redeem-code']['parameters'][]
  /** The provider's answer as it comes to the redirect URI, with the right state unless given. */
  answer: (parameters: Record<string, string>) => Promise<Page>
}

interface Page {
  status: number
  location: string | undefined
  body: string
}

export const providerUrl = 'https://login.issuer.example/authorize?client_id=client&prompt=consent'

/** What a redeemed code gives. */
export function refreshed(changes: Partial<FreshToken> = {}): FreshToken {
  return refreshedToken({
    accessToken: 'canary-access-token',
    expiresAt: Date.UTC(2026, 0, 1),
    scopes: ['mail'],
    signedInAt: Date.UTC(2026, 0, 1),
    identity: 'user@example.com',
    ...changes,
  })
}

/** Opens a sign-in whose provider is a test's; it is over at the end of the test. */
export async function openSignIn(context: TestContext, options: Options = {}): Promise<TestSignIn> {
  const steps: string[] = []
  const authorizations: TestSignIn['authorizations'] = []
  const redemptions: TestSignIn['redemptions'] = []
  const signIn = await BrowserSignIn.open({
    account: testAccount(),
    listen: { port: 0 },
    ...options,
    startAuthorization: (parameters) => {
      authorizations.push(parameters)
      return options.startAuthorization?.(parameters) ?? Promise.resolve({ url: providerUrl })
    },
    redeemCode: (parameters) => {
      redemptions.push(parameters)
      return options.redeemCode?.(parameters) ?? Promise.resolve(refreshed())
    },
    onStep: (step) => steps.push(step),
  })
  const answer = (parameters: Record<string, string>) => {
    const { redirectUri = '', state = '' } = authorizations[0] ?? {}
    const url = new URL(redirectUri)
    url.search = new URLSearchParams({ state, ...parameters }).toString()
    return fetchPage(url.href)
  }
  const cancel = (error: CmsOauthError) => signIn.cancel(error)
  context.after(() => cancel(new SignInFailedError('the test is over')))
  const { pageUrl = '', outcome } = signIn
  const redirect = (url: string) => signIn.redirect(url)
  const calls = { cancel, redirect, providerUrl: () => signIn.providerUrl(), answer }
  return { pageUrl, outcome, steps, authorizations, redemptions, ...calls }
}

/** One GET, without following where it leads. */
export function fetchPage(url: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      const { statusCode: status = 0, headers } = response
      text(response).then((body) => resolve({ status, location: headers.location, body }), reject)
    }).on('error', reject)
  })
}

/** The visible text of a page, in one line; this machine is HOST. */
export function textOf({ body }: Page): string {
  return body
    .replace(/<style>[^]*<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .replaceAll(`cms-oauth on ${hostname()}`, 'cms-oauth on HOST')
    .trim()
}
