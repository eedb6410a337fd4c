import { type Account, needsSignIn, signInOwner } from '../../accounts/account.ts'
import { type CmsOauthError, ProviderRejectedError, SignInRequiredError } from '../../errors.ts'
import { compareRegistration, reload } from '../../oauth/next-steps.ts'

/** What Google's words mean to a service account. */
const serviceAccountHints: Record<string, string> = {
  invalid_grant: `compare user with the addresses of the domain, the key with those of the service account, and check the clock of this machine; then ${reload}`,
  unauthorized_client:
    'enter the client ID of the service account with the scope https://mail.google.com/ under "Domain-wide delegation" of the Admin console; that can take a day to take effect',
}

/** AADSTS: nobody has consented to what is asked for. */
const withoutConsent = 65_001

/**
 * What a refusal means where nobody signs in: no sign-in resolves it, only an administrator does. And where the
 * token is for something else than mail: a device code asks for mail alone, the rest has to be allowed in a browser.
 */
export function forGrantOf(account: Account, refusal: CmsOauthError): CmsOauthError {
  const { user, grant, resource } = account
  const { code, message } = refusal
  if (resource !== undefined && code === 'sign_in_required') {
    const { answer } = refusal
    if (answer.aadsts !== withoutConsent) return refusal
    const hint = `${loginForAll(account)} and accept; where that is not allowed, an administrator grants consent`
    return new SignInRequiredError(message, { hint, answer })
  }
  const isForOperator = code === 'provider_rejected' || code === 'sign_in_required'
  if (needsSignIn(account) || !isForOperator) return refusal
  const { answer } = refusal
  const { error = '', description = '' } = answer
  const hint = grant === 'service_account' ? serviceAccountHints[error] : undefined
  if (code === 'provider_rejected' && hint === undefined) return refusal
  const providerText = description === '' ? error : `${error} (${description})`
  return new ProviderRejectedError(
    code === 'provider_rejected' ? message : `the provider refuses "${user}": ${providerText}`,
    { hint: hint ?? `${compareRegistration}, then ${reload}`, answer, actor: 'administrator' },
  )
}

function loginForAll(account: Account): string {
  const login = `cms-oauth login ${signInOwner(account)}`
  return account.grant === 'device_code'
    ? `run "${login} --paste", since a device code asks for mail alone,`
    : `run "${login}" without --device, which asks for mail alone,`
}
