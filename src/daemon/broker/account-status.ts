import { actorOf } from '../../errors.ts'
import type { AccountError, AccountStatus, TokenFileStatus } from '../../messages/control-api.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import type { TokenFile } from '../token-file/token-file.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { shownState } from '../tokens/shown-state.ts'
import { type FailureHistory, failuresIn } from '../tokens/token-state.ts'
import { adviceOn } from './advice.ts'
import { type ForeseenEnd, foreseenEnds } from './foreseen-ends.ts'

type ShownFile = Pick<TokenFile, 'configuration' | 'expiresAt' | 'problem'>

/** What the control socket says of one account and its token files. */
export function accountStatus(
  token: AccountToken,
  files: readonly ShownFile[] = [],
  { now = Date.now(), isShared = false } = {},
): AccountStatus {
  const { account, servable, state } = token
  const failure = failuresIn(state)
  const ends = foreseenEnds(token, now)
  const advice = adviceOn(token, { files, ends })
  return {
    user: account.user,
    provider: account.provider,
    client_id: account.clientId,
    login_hint: account.loginHint,
    grant: account.grant,
    sign_in_with: account.signInWith ?? null,
    state: shownState(token),
    expires_at: instant(servable?.expiresAt),
    last_refresh_at: instant(token.history.lastRefreshAt),
    next_refresh_at: instant(token.nextRefreshAt),
    signed_in_at: instant(token.history.signedInAt),
    is_durable: token.history.newest?.isDurable ?? true,
    fingerprint: servable?.fingerprint ?? null,
    error: failure === undefined ? null : accountError(failure),
    ends: ends.map(endOnWire),
    wanted_scopes: account.scopes,
    granted_scopes: token.history.newest?.scopes ?? null,
    action: advice[0]?.next_step ?? '',
    advice,
    token_files: files.map(tokenFileStatus),
    sends_by: account.sendsBy ?? null,
    resource: account.resource?.name ?? null,
    ...(isShared ? { record_number: token.history.newest?.number ?? null } : {}),
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

function tokenFileStatus({ configuration, expiresAt, problem }: ShownFile): TokenFileStatus {
  const { path, protocol, format } = configuration
  return {
    path,
    protocol,
    format,
    expires_at: instant(expiresAt),
    problem: problem?.message ?? null,
  }
}

function instant(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : isoTime(epochMs)
}
