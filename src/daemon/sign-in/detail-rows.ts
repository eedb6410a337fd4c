import type { Account } from '../../accounts/account.ts'
import { html, type Html } from './html.ts'

/** A term and what it is here, in a `<dl>`. */
export function row(term: string, text: string | Html): Html {
  return html`<dt>${term}</dt>
    <dd>${text}</dd> `
}

/** Who signs in, where the mailbox does not say it. */
export function signInAsRow({ user, loginHint }: Account): Html | '' {
  return loginHint === user ? '' : row('Sign in as', loginHint)
}
