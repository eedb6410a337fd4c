import { signInOwner } from '../accounts/account.ts'
import type { AccountError, AccountStatus, TokenFileStatus } from '../control/api.ts'
import { actorOf, errorToWire } from '../errors.ts'
import type { TokenFile } from '../token-file/token-file.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { type FailureHistory, failureOf } from '../tokens/token-state.ts'
import { type ForeseenEnd, foreseenEnds } from './foreseen-ends.ts'
import { isoTime } from '../iso-time.ts'

type ShownFile = Pick<TokenFile, 'configuration' | 'expiresAt' | 'trouble'>

/** What the control socket says of one account and its token files. */
export function accountStatus(
  token: AccountToken,
  files: readonly ShownFile[] = [],
  now = Date.now(),
): AccountStatus {
  const { account, servable, state } = token
  const failure = failureOf(state)
  const ends = foreseenEnds(token, now)
  return {
    user: account.user,
    provider: account.provider,
    client_id: account.clientId,
    login_hint: account.loginHint,
    grant: account.grant,
    sign_in_with: account.signInWith ?? null,
    state: token.isSigningIn ? 'signing_in' : state.name,
    expires_at: instant(servable?.expiresAt),
    last_refresh_at: instant(token.lastRefreshAt),
    next_refresh_at: instant(token.nextRefreshAt),
    signed_in_at: instant(token.signedInAt),
    is_durable: token.newest?.isDurable ?? true,
    fingerprint: servable?.fingerprint ?? null,
    error: failure === undefined ? null : accountError(failure),
    ends: ends.map(endOnWire),
    wanted_scopes: account.scopes,
    granted_scopes: token.newest?.scopes ?? null,
    action: nextStep(token) || nextStepOfFiles(files) || nextStepBefore(ends),
    token_files: files.map(tokenFileStatus),
  }
}

function accountError({ error, failedAt }: FailureHistory): AccountError {
  return {
    ...errorToWire(error),
    actor: actorOf(error),
    failed_at: isoTime(failedAt),
  }
}

function endOnWire({ at, isSliding, isNear, nextStep, what, reason }: ForeseenEnd) {
  const moment = isoTime(at)
  return { what, at: moment, is_sliding: isSliding, is_near: isNear, reason, next_step: nextStep }
}

function nextStepBefore(ends: readonly ForeseenEnd[]): string {
  const near = ends.find(({ isNear }) => isNear)
  if (near === undefined) return ''
  return `${near.nextStep} before ${isoTime(near.at).slice(0, 10)}`
}

function tokenFileStatus({ configuration, expiresAt, trouble }: ShownFile): TokenFileStatus {
  const { path, protocol, format } = configuration
  return {
    path,
    protocol,
    format,
    expires_at: instant(expiresAt),
    problem: trouble?.message ?? null,
  }
}

function nextStepOfFiles(files: readonly ShownFile[]): string {
  return files.find(({ trouble }) => trouble !== undefined)?.trouble?.hint ?? ''
}

function nextStep(token: AccountToken): string {
  if (token.isSigningIn) return 'finish the sign-in in the browser'
  const { state, account } = token
  switch (state.name) {
    case 'signed_out':
      return `run "cms-oauth login ${signInOwner(account)}"`
    case 'sign_in_required':
      return state.failure.error.hint || `run "cms-oauth login ${account.user}"`
    case 'misconfigured':
      return state.failure.error.hint
    case 'active':
      return token.newest?.isDurable === false
        ? 'look at the disk of the store: it is full, failing or read-only'
        : ''
    case 'refreshing':
    case 'backing_off':
      return ''
  }
}

function instant(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : isoTime(epochMs)
}
