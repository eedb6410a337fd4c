import type { Account } from '../../accounts/account.ts'
import { permissionWords } from '../../accounts/scope-words.ts'
import { html } from './html.ts'
import type { Reply } from './loopback-server.ts'
import { page } from './page.ts'
import { providerLabel } from './provider-label.ts'
import { purposeOf } from './purpose.ts'

/** The page that says what is about to be allowed, and leads to the provider. */
export function startPage(account: Account, authorizationUrl: string): Reply {
  const { user, loginHint, consentScopes: scopes = account.scopes } = account
  const provider = providerLabel(account)
  const items = permissionWords(scopes).map((words) => html`<li>${words}</li> `)
  const signsInAs =
    loginHint === user
      ? ''
      : html`<dt>Sign in as</dt>
          <dd>${loginHint}</dd> `
  return page(200, {
    heading: 'Sign in to your mailbox',
    body: html`<p>${purposeOf(account).asked}</p>
      <dl>
        <dt>Mailbox</dt>
        <dd>${user}</dd>
        ${signsInAs}
        <dt>Provider</dt>
        <dd>${provider} <small>${new URL(authorizationUrl).host}</small></dd>
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
