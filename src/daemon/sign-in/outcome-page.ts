import type { Account } from '../../accounts/account.ts'
import { findMissingPermissions } from '../../accounts/missing-permissions.ts'
import type { ProviderAnswer } from '../../errors.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import { supportWords } from '../../oauth/provider-words.ts'
import { row } from './detail-rows.ts'
import { html, type Html } from './html.ts'
import type { Reply } from './loopback-server.ts'
import { page } from './page.ts'
import { providerLabel } from './provider-label.ts'
import { purposeOf } from './purpose.ts'
import type { FailureKind, SignInFailure } from './sign-in-failure.ts'

const headings: Record<FailureKind, string> = {
  denied: 'Access was not allowed',
  wrong_account: 'That was another account',
  refused: 'The provider did not accept this sign-in',
  expired: 'This sign-in took too long',
  ended: 'This sign-in was cancelled',
  unreachable: 'The provider cannot be reached',
  interrupted: 'The sign-in was interrupted',
  rejected: 'The provider refuses access',
  protocol: 'The provider’s answer cannot be used',
  misconfigured: 'The configuration needs a change',
  not_saved: 'The sign-in could not be saved',
  no_mail: 'Mail was not allowed',
  not_here: 'This sign-in cannot begin here',
}

/** The page that ends a sign-in well. */
export function completedPage(account: Account, refreshed: FreshToken): Reply {
  const { identity, isDurable, scopes } = refreshed
  const rows = [
    row('Mailbox', account.user),
    ...(identity === undefined || identity === account.user ? [] : [row('Signed in as', identity)]),
    row('Provider', providerLabel(account)),
  ]
  const warning = isDurable
    ? ''
    : html`<p>
        It is not on disk yet: free some space there, or you sign in again after a restart.
      </p> `
  return page(200, {
    heading: 'You are signed in',
    mark: 'good',
    body: html`<p>${purposeOf(account).given}</p>
      ${warning} ${missingPart(account, scopes)}
      <dl>${rows}</dl>`,
    footer: 'You can close this window.',
  })
}

/** What the sign-in does not allow, where it allows the rest. */
function missingPart(account: Account, scopes: readonly string[]): Html | '' {
  const missing = findMissingPermissions(account, scopes)
  if (missing === undefined) return ''
  return html`<h2>${missing.isCertain ? 'Something is missing' : 'Something may be missing'}</h2>
    <p>${sentence(missing.message)}</p>
    <p>${withCommands(sentence(missing.nextStep))}</p>`
}

/** Where a new try would end the same way, or there is a newer one already. */
const withoutRetry: ReadonlySet<FailureKind> = new Set([
  'ended',
  'rejected',
  'misconfigured',
  'not_here',
])

/** True for a failure that another try can end. */
export function canBeRetried({ kind }: SignInFailure): boolean {
  return !withoutRetry.has(kind)
}

/** The page of a failure: what happened, what to do, and where a new try begins, if there is to be one. */
export function failurePage(
  account: Account,
  { kind, error }: SignInFailure,
  retryUrl: string | undefined,
): Reply {
  const hint = error.hint === '' ? `run "cms-oauth login ${account.user}" again` : error.hint
  return page(200, {
    heading: headings[kind],
    mark: 'bad',
    body: html`<p>${sentence(error.message)}</p>
      <h2>What to do</h2>
      <p>${withCommands(sentence(hint))}</p>
      <dl>
        ${row('Mailbox', account.user)}${row('Provider', providerLabel(account))}${answerRows(error)}
      </dl>
      ${retryUrl === undefined ? '' : html`<a class="action" href="${retryUrl}">Try again</a>`}`,
    footer: 'You can close this window.',
  })
}

/** The page at an address that leads nowhere. */
export function noSuchPage(): Reply {
  return page(404, {
    heading: 'There is no such page',
    mark: 'bad',
    body: html`<p>
        The address is not complete, or the page has been closed. Nothing has been changed.
      </p>
      <h2>What to do</h2>
      <p>
        Copy the whole address that <code>cms-oauth login</code> has printed, or run it again for a
        new one.
      </p>`,
    footer: 'You can close this window.',
  })
}

/** The page for an answer that belongs to no sign-in that is open here. */
export function strayPage(): Reply {
  return page(400, {
    heading: 'This page belongs to no open sign-in',
    mark: 'bad',
    body: html`<p>It may come from an older sign-in. Nothing has been changed.</p>
      <h2>What to do</h2>
      <p>Open the address that the newest <code>cms-oauth login</code> has printed.</p>`,
    footer: 'You can close this window.',
  })
}

/** What the provider said beyond the message. */
function answerRows({ message, answer }: { message: string; answer?: ProviderAnswer }): Html[] {
  const { error = '', description = '', aadsts } = answer ?? {}
  const number = aadsts === undefined ? '' : `AADSTS${aadsts}`
  const terms: [term: string, text: string][] = [
    ['Error', error],
    ['Explanation', description],
    ['Number', description.includes(number) ? '' : number],
    ['For support', supportWords(answer ?? {})],
  ]
  return terms.filter(([, text]) => !message.includes(text)).map(([term, text]) => row(term, text))
}

/** Messages and hints begin in lower case and have no full stop. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** What a hint says to type stands out on a page. */
function withCommands(text: string): Html[] {
  return text
    .split(/("cms-oauth[^"]*"|login_hint = "[^"]*")/)
    .map((part, index) =>
      index % 2 === 1 ? html`<code>${part.replace(/^"(.*)"$/, '$1')}</code>` : html`${part}`,
    )
}
