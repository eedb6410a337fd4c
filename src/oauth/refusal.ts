import {
  type CmsOauthError,
  type ProviderAnswer,
  ProviderProtocolError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInRequiredError,
} from '../errors.ts'
import { type Explanation, findExplanation } from './explanations.ts'
import { checkEndpoints, compareRegistration } from './next-steps.ts'

/** Words that a new sign-in answers, whatever number says why. */
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
  const { status = 0, error } = answer
  const row = findExplanation(answer)
  const said = plainly(row, answer)
  const told = {
    hint:
      row?.nextStep.replaceAll('{login}', `run "cms-oauth login ${user}"`) ?? compareRegistration,
    answer,
    ...(row === undefined ? {} : { actor: row.actor }),
  }
  const isOverloaded = status === 408 || status === 429 || status >= 500
  if (isOverloaded || row?.actor === 'nobody') {
    const reason = row?.actor === 'nobody' ? said : inItsWords(answer)
    return new ProviderUnavailableError(`the provider of "${user}" cannot answer now: ${reason}`, {
      hint: 'this passes; it is tried again by itself',
      answer,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
  if (error === undefined) {
    return new ProviderProtocolError(
      `the provider of "${user}" answered with status ${status} and no OAuth error`,
      { hint: checkEndpoints, answer },
    )
  }
  if (signInErrors.has(error) && row?.actor !== 'administrator') {
    return new SignInRequiredError(`the provider ended the sign-in of "${user}": ${said}`, told)
  }
  return new ProviderRejectedError(`the provider refuses "${user}": ${said}`, told)
}

function plainly(row: Explanation | undefined, answer: ProviderAnswer): string {
  if (row?.meaning === undefined) return inItsWords(answer)
  return `${row.meaning} (${row.aadsts === undefined ? answer.error : `AADSTS${row.aadsts}`})`
}

function inItsWords({ status, error, description }: ProviderAnswer): string {
  const word = error ?? `status ${status}`
  return description === undefined || description === '' ? word : `${word} (${description})`
}
