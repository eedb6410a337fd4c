/**
 * What there is to do about an account, or to wait for: the one source of the row of `status`, of what
 * stands below it, of its exit status and of what `doctor` says.
 */
import { signInOwner } from '../../accounts/account.ts'
import { endNames } from '../../accounts/end-names.ts'
import type { MissingPermissions } from '../../accounts/missing-permissions.ts'
import { type Actor, actorOf, type CmsOauthError } from '../../errors.ts'
import type { Advice } from '../../messages/advice.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import type { TokenFile } from '../token-file/token-file.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { failuresIn } from '../tokens/token-state.ts'
import { whyNoToken } from '../tokens/why-no-token.ts'
import type { ForeseenEnd } from './foreseen-ends.ts'
import { missingPermissionsOf } from '../tokens/missing-permissions-of.ts'

/** What the advice is about, beside the token itself. */
interface Surroundings {
  files: readonly Pick<TokenFile, 'problem'>[]
  ends: readonly ForeseenEnd[]
}

/** The most urgent first; empty where all is well. */
export function adviceOn(token: AccountToken, { files, ends }: Surroundings): Advice[] {
  const access = accessAdvice(token)
  const missing = missingPermissionsOf(token)
  return [
    ...(access === undefined ? [] : [access]),
    ...(missing === undefined ? [] : [missingAdvice(missing)]),
    ...(token.history.newest?.isDurable === false ? [unsaved] : []),
    ...files.flatMap(({ problem }) => (problem === undefined ? [] : [fileAdvice(problem)])),
    ...ends.filter(({ isNear }) => isNear).map(endAdvice),
  ]
}

/** Why mail programs get no token, or soon will not; undefined: they do. */
function accessAdvice(token: AccountToken): Advice | undefined {
  const { state, account } = token
  const login = `run "cms-oauth login ${signInOwner(account)}"`
  const failure = failuresIn(state)?.error
  if (token.isSigningIn) {
    const message = failure?.message ?? 'a sign-in is open'
    const step = { message, next_step: 'finish the sign-in in the browser' }
    return { about: 'access', in_short: 'finish sign-in', actor: 'you', is_urgent: false, ...step }
  }
  switch (state.name) {
    case 'active':
      return undefined
    case 'signed_out': {
      const { message } = whyNoToken(account.user, state)
      return { ...urgent(message, login, 'you'), in_short: 'sign in' }
    }
    case 'refreshing':
      return failure && waiting(failure.message, 'wait some seconds: it is being tried again')
    case 'waiting': {
      if (token.servable !== undefined) return undefined
      const { message, hint } = whyNoToken(account.user, state)
      return waiting(message, hint)
    }
    case 'awaiting_store':
    case 'backing_off':
      return adviceOfError(whyNoToken(account.user, state), login)
    case 'sign_in_required':
    case 'misconfigured':
      return adviceOfError(state.failure.error, login)
  }
}

function adviceOfError(error: CmsOauthError, login: string): Advice {
  const { message, hint, code } = error
  const actor = actorOf(error)
  if (actor === 'nobody' && code !== 'sign_in_required') return waiting(message, hint)
  const advice = urgent(message, hint === '' && code === 'sign_in_required' ? login : hint, actor)
  const isSignIn = code === 'sign_in_required' && actor === 'you'
  return isSignIn ? { ...advice, in_short: 'sign in' } : advice
}

function waiting(message: string, nextStep: string): Advice {
  const step = { message, next_step: nextStep }
  return { about: 'access', in_short: 'wait', actor: 'nobody', is_urgent: false, ...step }
}

const shortly: Record<Actor, Advice['in_short']> = {
  you: 'see below',
  administrator: 'ask an administrator',
  nobody: 'wait',
}

function urgent(message: string, nextStep: string, actor: Actor): Advice {
  const step = { message, next_step: nextStep }
  return { about: 'access', in_short: shortly[actor], actor, is_urgent: true, ...step }
}

function missingAdvice({ message, nextStep, isCertain }: MissingPermissions): Advice {
  const step = { message, next_step: nextStep }
  return {
    about: 'permissions',
    in_short: 'see below',
    actor: 'you',
    is_urgent: isCertain,
    ...step,
  }
}

const unsaved: Advice = {
  about: 'store',
  in_short: 'see below',
  actor: 'you',
  is_urgent: false,
  message: 'the newest sign-in is not on disk, and would be lost by a restart',
  next_step: 'check the disk of the store: it is full, failing or read-only',
}

function fileAdvice({ message, hint }: NonNullable<TokenFile['problem']>): Advice {
  const step = { message, next_step: hint }
  return { about: 'token_file', in_short: 'see below', actor: 'you', is_urgent: false, ...step }
}

function endAdvice({ at, what, isPast, reason, nextStep }: ForeseenEnd): Advice {
  const day = isoTime(at).slice(0, 10)
  return {
    about: 'end',
    in_short: 'see below',
    actor: 'you',
    is_urgent: false,
    message: `the ${endNames[what]} ${isPast ? 'expired' : 'expires'} on ${day}: ${reason}`,
    next_step: isPast ? nextStep : `before ${day}, ${nextStep}`,
  }
}
