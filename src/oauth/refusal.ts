import {
  type CmsOauthError,
  type ProviderAnswer,
  ProviderProtocolError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInRequiredError,
} from '../errors.ts'

/** Microsoft's numbers for trouble that passes by itself. */
const transientAadsts = new Set([90033, 50033, 50087, 70012, 50196])
/** Microsoft's numbers for what only an administrator or the app registration ends, whatever the word. */
const administratorHints = new Map([
  [50057, 'an administrator has disabled the account, and can enable it'],
  [50105, 'an administrator must assign the account to the application'],
  [53003, 'an administrator must admit this application or machine in Conditional Access'],
  [70001, 'compare client_id and tenant with the app registration'],
  [700016, 'compare client_id and tenant with the app registration'],
  [7000215, 'the client secret is wrong: configure its value, not its ID'],
  [7000218, 'set a client secret, or allow public client flows in the app registration'],
  [7000222, 'the client secret has ended: make a new one in the app registration'],
])
const transientErrors = new Set(['temporarily_unavailable', 'server_error', 'slow_down'])
const signInErrors = new Set([
  'invalid_grant',
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
])

/**
 * The error that a refusing answer of a provider means. The `error` word decides; status and
 * Microsoft's number tell trouble that passes, and trouble that no sign-in ends.
 */
export function refusalOf(
  user: string,
  answer: ProviderAnswer,
  retryAfterMs?: number,
): CmsOauthError {
  const { status = 0, error, aadsts } = answer
  const said = inItsWords(answer)
  const passes =
    status === 408 ||
    status === 429 ||
    status >= 500 ||
    transientErrors.has(error ?? '') ||
    transientAadsts.has(aadsts ?? 0)
  if (passes) {
    return new ProviderUnavailableError(`the provider of "${user}" cannot answer now: ${said}`, {
      hint: 'this passes; it is tried again by itself',
      answer,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
  if (error === undefined) {
    return new ProviderProtocolError(
      `the provider of "${user}" answered with status ${status} and no OAuth error`,
      { hint: 'look at the endpoints of the account; a proxy may have answered instead', answer },
    )
  }
  const administratorHint = administratorHints.get(aadsts ?? 0)
  if (signInErrors.has(error) && administratorHint === undefined) {
    return new SignInRequiredError(`the provider ended the sign-in of "${user}": ${said}`, {
      hint: `run "cms-oauth login ${user}"`,
      answer,
    })
  }
  return new ProviderRejectedError(`the provider refuses "${user}": ${said}`, {
    hint: administratorHint ?? hintFor(error),
    answer,
  })
}

function inItsWords({ status, error, description }: ProviderAnswer): string {
  const word = error ?? `status ${status}`
  return description === undefined || description === '' ? word : `${word} (${description})`
}

function hintFor(error: string): string {
  switch (error) {
    case 'invalid_client':
      return 'compare client_id and the client secret with the app registration; a secret may have ended'
    case 'unauthorized_client':
      return 'allow this kind of sign-in in the app registration (public client, tenant, account types)'
    case 'invalid_scope':
      return 'compare scopes with the permissions of the app registration'
    default:
      return 'compare the account with the app registration; then run "cms-oauth reload"'
  }
}
