import type { AccountStatus, TokenFileStatus } from '../control/api.ts'
import { errorToWire } from '../errors.ts'
import type { TokenFile } from '../token-file/token-file.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { failureOf, nextRefreshOf } from '../tokens/token-state.ts'

type ShownFile = Pick<TokenFile, 'configuration' | 'expiresAt' | 'trouble'>

/** What the control socket says of one account and its token files. */
export function accountStatus(
  token: AccountToken,
  files: readonly ShownFile[] = [],
): AccountStatus {
  const { account, servable, state } = token
  const next = nextRefreshOf(state)
  const error = failureOf(state)?.error
  return {
    user: account.user,
    provider: account.provider,
    client_id: account.clientId,
    login_hint: account.loginHint,
    grant: account.grant,
    state: token.isSigningIn ? 'signing_in' : state.name,
    expires_at: instant(servable?.expiresAt),
    last_refresh_at: instant(token.lastRefreshAt),
    next_refresh_at: instant(next?.wallMs),
    signed_in_at: instant(token.signedInAt),
    is_durable: token.newest?.isDurable ?? true,
    fingerprint: servable?.fingerprint ?? null,
    error: error === undefined ? null : errorToWire(error),
    action: nextStep(token) || nextStepOfFiles(files),
    token_files: files.map(tokenFileStatus),
  }
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
    case 'sign_in_required':
      return `run "cms-oauth login ${account.user}"`
    case 'misconfigured':
      return state.failure.error.hint
    case 'active':
      return token.newest?.isDurable === false ? 'free space on the disk of the store' : ''
    case 'refreshing':
    case 'backing_off':
      return ''
  }
}

function instant(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : new Date(epochMs).toISOString()
}
