import { type Account, signInOwner } from '../../accounts/account.ts'
import type { CmsOauthError } from '../../errors.ts'
import { ProgramReplacedError } from '../../package/program-files.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { missingPermissionsOf } from '../tokens/missing-permissions-of.ts'

/** What only a person ends, or what a person should know because mail programs get no token. */
export interface Trouble {
  event: 'sign_in_required' | 'action_required'
  /** Whose it is; empty: the daemon's, whichever account shows it. */
  user: string
  /** Two troubles of one reason are the same to a person. */
  reason: string
  /** What is wrong and the next step, in one sentence. */
  message: string
  /** False where it may end before anybody has read of it: then it is reported only if it lasts. */
  isCertain: boolean
  /** True where nobody but time ends it. */
  isOutage: boolean
  /** What is reported when it is over. */
  ending: string
}

/**
 * The trouble of an account; undefined: none, or none that a person could do something about;
 * `undecided`: a refresh is under way that shows it. A sign-in that has ended is its owner's trouble,
 * whichever of `sharers`, who use it too, shows it.
 */
export function troubleOf(
  token: AccountToken,
  sharers: readonly string[],
): Trouble | 'undecided' | undefined {
  const { state, account } = token
  switch (state.name) {
    case 'signed_out':
      return undefined
    case 'refreshing':
    case 'waiting':
    case 'awaiting_store':
      return 'undecided'
    case 'active':
      return token.history.newest?.isDurable === false
        ? unsaved(account.user)
        : lessThanAsked(token)
    case 'sign_in_required':
      return signInEnded(account, sharers)
    case 'misconfigured':
      return failing(token, state.failure.error, { isCertain: true, isOutage: false })
    case 'backing_off':
      return troubleOfBackOff(token, state.failure.error)
  }
}

function signInEnded(account: Account, sharers: readonly string[]): Trouble {
  const user = signInOwner(account)
  const others = sharers.length === 0 ? '' : `, for ${sharers.join(' and ')} too`
  const message = `${user} must sign in again${others}: run "cms-oauth login ${user}"`
  const ending = `${accessOf(account, [user, ...sharers].join(' and '))} works again`
  const event = 'sign_in_required'
  return { event, user, reason: event, message, isCertain: true, isOutage: false, ending }
}

function troubleOfBackOff(token: AccountToken, error: CmsOauthError): Trouble | undefined {
  if (error instanceof ProgramReplacedError) return replaced(error)
  // It is tried once more within two minutes, and then certain.
  if (error.code === 'sign_in_required') return undefined
  const isOutage = error.actor === undefined || error.actor === 'nobody'
  if (isOutage && token.servable !== undefined) return undefined
  return failing(token, error, { isCertain: false, isOutage })
}

function replaced({ message, hint }: ProgramReplacedError): Trouble {
  const kind = { isCertain: false, isOutage: false, ending: 'cms-oauthd works again' }
  const words = `mail access stops when the tokens expire: ${message}; ${hint}`
  return { event: 'action_required', user: '', reason: 'replaced', message: words, ...kind }
}

function failing(
  token: AccountToken,
  error: CmsOauthError,
  kind: Pick<Trouble, 'isCertain' | 'isOutage'>,
): Trouble {
  const verb = token.servable === undefined ? 'has stopped' : 'is about to stop'
  const nextStep = error.hint === '' ? '' : `; ${error.hint}`
  const { account } = token
  const { user } = account
  const message = `${accessOf(account, user)} ${verb}: ${error.message}${nextStep}`
  const ending = `${accessOf(account, user)} works again`
  return { event: 'action_required', user, reason: reasonOf(error), message, ...kind, ending }
}

function reasonOf(error: CmsOauthError): string {
  const { error: word = '', aadsts = '' } = 'answer' in error ? error.answer : {}
  return `${error.code} ${word} ${aadsts}`
}

/** A refresh, or a sign-in, that came back with less. */
function lessThanAsked(token: AccountToken): Trouble | undefined {
  const missing = missingPermissionsOf(token)
  if (missing === undefined || !missing.isCertain) return undefined
  const { user } = token.account
  return {
    event: 'action_required',
    user,
    reason: `permissions ${missing.scopes.join(' ')}`,
    message: `${missing.message}; ${missing.nextStep}`,
    isCertain: true,
    isOutage: false,
    ending: `the sign-in of ${user} allows all that it is asked for`,
  }
}

function unsaved(user: string): Trouble {
  const message = `the sign-in of ${user} is not on disk, and would be lost by a restart; check the disk of the store: it is full, failing or read-only`
  const ending = `the sign-in of ${user} is on disk now`
  const kind = { isCertain: false, isOutage: false, ending }
  return { event: 'action_required', user, reason: 'not_durable', message, ...kind }
}

/** What has stopped: an account that only an outbox sends with gives access to no mail. */
function accessOf({ sendsBy }: Account, users: string): string {
  return sendsBy === undefined ? `mail access of ${users}` : `sending from ${users}`
}
