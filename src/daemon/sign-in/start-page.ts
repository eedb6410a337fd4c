import type { Account } from '../../accounts/account.ts'
import { permissionWords } from '../../accounts/scope-words.ts'
import { row, signInAsRow } from './detail-rows.ts'
import { html } from './html.ts'
import type { Reply } from './loopback-server.ts'
import { page } from './page.ts'
import { providerLabel } from './provider-label.ts'
import { purposeOf } from './purpose.ts'

/** The page that says what is about to be allowed, and leads to the provider. */
export function startPage(account: Account, authorizationUrl: string): Reply {
  const { consentScopes: scopes = account.scopes } = account
  const provider = providerLabel(account)
  const providerAndHost = html`${provider} <small>${new URL(authorizationUrl).host}</small>`
  const items = permissionWords(scopes).map((words) => html`<li>${words}</li> `)
  return page(200, {
    heading: 'Sign in to your mailbox',
    body: html`<p>${purposeOf(account).asked}</p>
      <dl>
        ${row('Mailbox', account.user)}${signInAsRow(account)}${row('Provider', providerAndHost)}
      </dl>
      <h2>What you will allow</h2>
      <ul>
        ${items}
      </ul>
      <a class="action" href="${authorizationUrl}">Continue to ${provider}</a>`,
    footer:
      'Afterwards you come back here. If you did not ask for a sign-in, close this window: nothing happens.',
  })
}
