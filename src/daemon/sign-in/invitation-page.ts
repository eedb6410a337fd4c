import type { Account } from '../../accounts/account.ts'
import { row, signInAsRow } from './detail-rows.ts'
import { html, type Html } from './html.ts'
import type { Reply } from './loopback-server.ts'
import { page } from './page.ts'
import { providerLabel } from './provider-label.ts'
import { purposeOf } from './purpose.ts'
import { endsElsewhere } from './redirect-uri.ts'

/** What a person types elsewhere (RFC 8628). */
export interface DeviceCode {
  userCode: string
  verificationUri: string
  verificationUriComplete?: string
  /** Epoch ms. */
  expiresAt: number
}

/** The page behind a notice: it says what for, and leads on where the person wants it. */
export function invitationPage(account: Account, startPath: string): Reply {
  const provider = providerLabel(account)
  const mustBePasted = account.grant !== 'device_code' && endsElsewhere(account)
  return page(200, {
    heading: 'Sign in to your mailbox again',
    body: html`<p>${purposeOf(account).lost.replace('{provider}', () => provider)}</p>
      <dl>${row('Mailbox', account.user)}${signInAsRow(account)}${row('Provider', provider)}</dl>
      <h2>What happens next</h2>
      ${mustBePasted ? pastingPart(account) : startPart(account, startPath)}`,
    footer: mustBePasted
      ? 'You can close this window.'
      : 'Until you choose “Sign in”, nothing happens. You can close this window.',
  })
}

function startPart(account: Account, startPath: string): Html {
  const provider = providerLabel(account)
  const next =
    account.grant === 'device_code'
      ? `You get a code, and type it at ${provider}.`
      : `The next page shows what you allow, and leads to ${provider}.`
  return html`<p>${next}</p>
    <a class="action" href="${startPath}">Sign in</a>`
}

/** Its redirect URI is a page from which nothing comes back here. */
function pastingPart({ user }: Account): Html {
  return html`<p>
    In a terminal on this machine run <code>cms-oauth login ${user} --paste</code>. It prints the
    address to open, and takes the address of the last page.
  </p>`
}

/** The page of a code that is typed elsewhere. */
export function deviceCodePage(account: Account, code: DeviceCode, now: number): Reply {
  const { userCode, verificationUri, verificationUriComplete, expiresAt } = code
  const minutes = String(Math.max(1, Math.round((expiresAt - now) / 60_000)))
  return page(200, {
    heading: 'Type this code at your provider',
    body: html`<p class="user-code">${userCode}</p>
      <p>
        Open the page below, here or on another device, and type the code. It expires in ${minutes}
        min.
      </p>
      <dl>${row('Mailbox', account.user)}${row('Page', verificationUri)}</dl>
      <a class="action" href="${verificationUriComplete ?? verificationUri}"
        >Continue to ${new URL(verificationUri).host}</a
      >`,
    footer: 'When you have signed in there, cms-oauth notices it, and you can close this window.',
  })
}

/** The page for an account that got its access in the meantime. */
export function notNeededPage(account: Account): Reply {
  const words = purposeOf(account).there.replace('{user}', () => account.user)
  return page(200, {
    heading: 'No sign-in is needed',
    mark: 'good',
    body: html`<p>${words}</p>`,
    footer: 'You can close this window.',
  })
}
