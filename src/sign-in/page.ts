import { createHash } from 'node:crypto'
import type { Account } from '../accounts/account.ts'
import type { CmsOauthError } from '../errors.ts'
import { pageStyle } from './page-style.ts'
import { describeScopes } from './scope-words.ts'

/** What is sent with every page: nothing may load, frame or remember it. */
export const pageHeaders: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(pageStyle).digest('base64')}'`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
}

const providerTitles = { office365: 'Microsoft', gmail: 'Google' } as const

/** The page that a person opens first: who, where, what for, and the way there. */
export function startPage(account: Account, authorizationUrl: string): string {
  const title = providerTitle(account)
  const permissions = describeScopes(account.scopes).map((words) => `<li>${escape(words)}</li>`)
  return page(`Sign in for ${account.user}`, [
    `<h1>Sign in for mail</h1>`,
    `<dl><dt>Mailbox</dt><dd>${escape(account.user)}</dd>`,
    account.loginHint === account.user
      ? ''
      : `<dt>Sign in as</dt><dd>${escape(account.loginHint)}</dd>`,
    `<dt>Provider</dt><dd>${escape(title)}</dd></dl>`,
    `<h2>What you allow</h2><ul>${permissions.join('')}</ul>`,
    `<p>cms-oauth on this computer keeps the permission. Your password stays with ${escape(title)}.</p>`,
    `<p><a class="button" href="${escape(authorizationUrl)}" rel="noreferrer">Continue to ${escape(title)}</a></p>`,
  ])
}

/** The page while the code is being exchanged; asks for the outcome by itself. */
export function waitingPage(outcomePath: string): string {
  return page(
    'Signing in',
    [
      '<h1>One moment</h1>',
      '<p role="status">The provider is being asked for the tokens.</p>',
      `<p><a href="${escape(outcomePath)}">Continue</a> if nothing happens.</p>`,
    ],
    `<meta http-equiv="refresh" content="1;url=${escape(outcomePath)}">`,
  )
}

/** The page of a sign-in that succeeded. */
export function successPage({ user }: Account): string {
  return page(`Signed in: ${user}`, [
    '<h1 class="good">Signed in</h1>',
    `<p role="status">Mail programs on this computer can now use <strong>${escape(user)}</strong>.</p>`,
    '<p>You can close this page.</p>',
  ])
}

/** The page of a sign-in that failed: what happened and what to do. */
export function failurePage({ user }: Account, error: CmsOauthError): string {
  return page(`Not signed in: ${user}`, [
    '<h1 class="bad">Not signed in</h1>',
    `<p role="alert">${sentence(error.message)}</p>`,
    error.hint === '' ? '' : `<h2>What to do</h2><p>${sentence(error.hint)}</p>`,
    `<p>To try again, run <code>cms-oauth login ${escape(user)}</code>.</p>`,
  ])
}

/** The page for an answer that belongs to no open sign-in. */
export function strangerPage(): string {
  return page('Nothing to sign in to', [
    '<h1 class="bad">Nothing to sign in to</h1>',
    '<p role="alert">This address belongs to no open sign-in: it was used before, it is too old, or a newer sign-in took its place.</p>',
    '<h2>What to do</h2><p>Go back to the newest page of <code>cms-oauth login</code>, or run it again.</p>',
  ])
}

/** What people call the provider. */
function providerTitle({ provider, authority, endpoints }: Account): string {
  if (provider !== 'oidc') return providerTitles[provider]
  const url = authority ?? endpoints.authorization
  return url === undefined ? 'your provider' : new URL(url).host
}

function page(title: string, content: readonly string[], head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head}<title>${escape(title)} - cms-oauth</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<p class="brand" aria-hidden="true">cms-oauth</p>
${content.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`
}

/** An error's words as a sentence of a page. */
function sentence(text: string): string {
  return escape(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`)
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
