/**
 * What a refusing answer is about. RFC 6749 section 5.2 has `invalid_grant` for a refresh token
 * that is revoked; many servers use words of their own, so every word counts as that unless it is
 * about the client, the request, or temporary trouble.
 */
import type { ProviderAnswer } from '../errors.ts'
import { findExplanation } from './explanations.ts'
import { plainWord } from './plain-word.ts'

/** `unclear`: the answer does not say, and may not come from an authorization server at all. */
export type Verdict = 'temporary' | 'client' | 'grant' | 'unclear'

/** Error codes that only a new sign-in fixes, whatever status or number comes with them. */
const grantWords = new Set([
  'invalid_grant',
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
])

/** Also sent with `invalid_request` or a bare status, by Ory, Authlib and the PHP League. */
const deadToken =
  /refresh[ _-]?token|\bgrant\b(?!.?type)|\b(?:invalid|expired|revoked|unknown|inactive) token\b|\btoken (?:is|has|was) /i
const dead =
  /invalid|expired|revoked|not (?:be(?:en)? )?(?:found|valid|active|exist)|unknown|inactive|already used|does(?:n't| not) exist|no longer/i

const temporaryWord =
  /^(?:server_error|slow_down|authorization_pending|general_error|unavailable|resource_exhausted|deadline_exceeded|internal|aborted)$|temporar|unavailable|internal_(?:server_)?(?:error|failure)|backend_?error|rate_?limit|too_many|throttl|quota|overload|(?:gateway|request)_?time_?out/
const temporaryText =
  /too many (?:requests|attempts)|rate.?limit|throttl|try (?:it )?again (?:later|after|in )|temporarily unavailable|temporary (?:error|failure|problem)|service (?:is )?unavailable|internal (?:server )?error|(?:gateway|request).time.?out/i

const clientWord =
  /client|application|consumer|scope|redirect|grant_?type|response_?type|token_?type|audience|resource|target|tenant|issuer|realm|assertion|dpop|software|api_?key|unsupported|not_supported|org_internal|admin_policy/
const requestWord =
  /^(?:invalid_|bad_|malformed_)?(?:request|argument|parameter|syntax|input)|missing|malformed|method_not_allowed/
/** Names of statuses, by HTTP and by Google: such an answer does not give a reason. */
const statusWord =
  /^(?:unauthorized|unauthenticated|forbidden|permission_denied|not_found|gone|conflict|not_acceptable|unprocessable_(?:entity|content)|failed_precondition)$/
/**
 * With these statuses there is no token endpoint at this URL, or something in between refuses the
 * request.
 */
const withoutEndpoint = new Set([404, 405, 406, 407, 410, 411, 413, 414, 415, 421, 426, 431, 451])

/**
 * What the answer is about, decided by its status, number, error code and description, in this
 * order.
 */
export function verdictOf(answer: ProviderAnswer): Verdict {
  const { status = 0, error = '', description = '' } = answer
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'temporary'
  const actor = findExplanation(answer)?.actor
  if (actor === 'nobody') return 'temporary'
  if (actor === 'administrator' || actor === 'operator') return 'client'
  const word = plainWord(error)
  if (grantWords.has(word)) return 'grant'
  if (temporaryWord.test(word) || temporaryText.test(description)) return 'temporary'
  if (/refresh_?token/.test(word) && !/unsupported|missing/.test(word)) return 'grant'
  if (clientWord.test(word)) return 'client'
  const isVague = word === '' || statusWord.test(word) || requestWord.test(word)
  if (isVague && deadToken.test(description) && dead.test(description)) return 'grant'
  if (word === '' || statusWord.test(word)) return 'unclear'
  return requestWord.test(word) || withoutEndpoint.has(status) ? 'client' : 'grant'
}
