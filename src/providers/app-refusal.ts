import { type Account, needsSignIn } from '../accounts/account.ts'
import { type CmsOauthError, ProviderRejectedError } from '../errors.ts'

/** What Google's words mean to a service account. */
const serviceAccountHints: Record<string, string> = {
  invalid_grant:
    'compare user with the addresses of the domain, the key with those of the service account, and the clock of this machine with the true time',
  unauthorized_client:
    'enter the client ID of the service account with the scope https://mail.google.com/ under "Domain-wide delegation" of the Admin console; that takes up to a day to hold',
}

const clientHint = 'compare the account with the app registration; then run "cms-oauth reload"'

/** What a refusal means where nobody signs in: no sign-in ends it, only an administrator does. */
export function forGrantOf(account: Account, error: CmsOauthError): CmsOauthError {
  if (needsSignIn(account) || !('answer' in error)) return error
  const { answer } = error
  const { error: word = '', description = '' } = answer
  const hint = account.grant === 'service_account' ? serviceAccountHints[word] : undefined
  if (error.code !== 'sign_in_required') {
    const isExplained = error.code !== 'provider_rejected' || hint === undefined
    return isExplained
      ? error
      : new ProviderRejectedError(error.message, { hint, answer, actor: 'administrator' })
  }
  const said = description === '' ? word : `${word} (${description})`
  return new ProviderRejectedError(`the provider refuses "${account.user}": ${said}`, {
    hint: hint ?? clientHint,
    answer,
    actor: 'administrator',
  })
}
