/** The JSON of the control socket: field names as they are on the wire. */
import type { endNames } from '../accounts/end-names.ts'
import type { SignInMethod } from '../accounts/sign-in-method.ts'
import type { Actor } from '../errors.ts'
import type { WireError } from '../shapes/wire-error.ts'
import type { Advice, MissingPermissions } from './advice.ts'
import type { OutboxStatus } from './outbox-api.ts'
import type { SharedStoreStatus } from './shared-store.ts'

/** What an account is in; tokens/token-state.ts has the moves. */
export type AccountState =
  | 'signed_out'
  | 'signing_in'
  | 'active'
  | 'refreshing'
  | 'backing_off'
  | 'sign_in_required'
  | 'misconfigured'

/** One entry of GET /v1/accounts; instants are RFC 3339. */
export interface AccountStatus {
  user: string
  provider: string
  client_id: string
  /** Who signs in. */
  login_hint: string
  grant: string
  /** The account whose sign-in it uses; null: its own, or none. */
  sign_in_with: string | null
  state: AccountState
  /** Of the token in memory; null if there is none that may be served. */
  expires_at: string | null
  last_refresh_at: string | null
  next_refresh_at: string | null
  signed_in_at: string | null
  /** False while the newest refresh token is not yet on disk. */
  is_durable: boolean
  /** Fingerprint of the token in memory. */
  fingerprint: string | null
  /** Why the last attempt failed; null after a success. */
  error: AccountError | null
  /** What is known to expire, the earliest first; empty if the provider does not name a day. */
  ends: ForeseenEnd[]
  /** The scopes that the configuration asks for. */
  wanted_scopes: string[]
  /** The scopes of the newest token; null if there is none yet. */
  granted_scopes: string[] | null
  /** The next step of the first advice; empty: nothing is to be done. */
  action: string
  /** What there is to do, or to wait for, the most urgent first. Absent: an older daemon does not say. */
  advice?: Advice[]
  token_files: TokenFileStatus[]
  /** The API that an outbox sends by: the account may only send. Null: not so. Absent: an older daemon. */
  sends_by?: string | null
  /** What its tokens are for, other than mail. Null: mail. Absent: an older daemon. */
  resource?: string | null
  /** Where hosts share a store: how many grants the account has had since its sign-in; null: not known. Absent: no such store. */
  record_number?: number | null
  /** How many connections bridges have open to its mail server. Absent: an older daemon. */
  bridge_connections?: number
}

/** Why an account's last attempt failed, and who can resolve that. */
export interface AccountError extends WireError {
  actor: Actor
  failed_at: string
}

/** Something that an account needs, and that expires on a known day. */
export interface ForeseenEnd {
  what: keyof typeof endNames
  at: string
  /** True if every refresh postpones it: it expires only if nothing is refreshed until then. */
  is_sliding: boolean
  /** True when it is time to act. */
  is_near: boolean
  /** One sentence. */
  reason: string
  /** What to do before. */
  next_step: string
}

/** One [[token_file]] of an account. */
export interface TokenFileStatus {
  path: string
  protocol: string
  format: string
  /** Of the token in the file; null if there is none. */
  expires_at: string | null
  /** What is wrong with the file; null: nothing. */
  problem: string | null
}

/** Answer of GET /v1/accounts. */
export interface AccountsAnswer {
  version: string
  pid: number
  /** The configuration in force. Absent: an older daemon does not say. */
  config_file?: string
  accounts: AccountStatus[]
  /** Absent: an older daemon does not say. */
  unused_sign_ins?: UnusedSignIn[]
  /** Absent: an older daemon. */
  outboxes?: OutboxStatus[]
  /** The store that hosts share; absent: there is none. */
  shared_store?: SharedStoreStatus
}

/** A sign-in in the store that no account uses. */
export interface UnusedSignIn {
  user: string
  /** Null: not known. */
  signed_in_at: string | null
  /** Why nobody uses it. */
  reason: string
}

/** Body of POST /v1/accounts/{user}/sign-in; without a method it is what `grant` says. */
export interface SignInBody {
  method?: SignInMethod
}

/** Lines of its answer (NDJSON); the last one is `completed` or `failed`. */
export type SignInProgress =
  /** browser: the daemon's page; paste: the provider's. */
  | { event: 'url'; url: string }
  /** device: the sign-in goes on until `expires_at`, whether or not anybody reads on. */
  | {
      event: 'user_code'
      user_code: string
      verification_uri: string
      verification_uri_complete?: string
      expires_at: string
    }
  /** The account uses the sign-in of another one; the lines that follow are about that sign-in. */
  | { event: 'sign_in_of'; user: string }
  | { event: 'page_opened' }
  | { event: 'code_received' }
  /** `grant` where that needs no sign-in: a token was fetched by the client's own credentials. */
  | {
      event: 'completed'
      user: string
      expires_at: string
      grant?: string
      /** Only an outbox sends with it, by this API: no program gets its token. */
      sends_by?: string
      /** Absent: it allows all that was asked for. */
      missing?: MissingPermissions
    }
  | { event: 'failed'; error: WireError }

/**
 * Body of POST /v1/accounts/{user}/sign-in/redirect: the address that a browser elsewhere ended at.
 * One that is not of the open sign-in is refused (request_invalid) and may be followed by another; the
 * outcome of one that is comes as a line of the sign-in.
 */
export interface RedirectBody {
  url: string
}

/** Body of PUT /v1/accounts/{user}/grant. */
export interface ImportBody {
  refresh_token: string
}

/** Answer of DELETE /v1/accounts/{user}/grant. */
export interface ForgetAnswer {
  was_revoked: boolean
  /** True where hosts share the store, so that it is forgotten at all of them; absent: it is kept here alone. */
  is_shared?: boolean
  /** Present where no account uses the sign-in; `false`: without its [[account]] nobody can revoke it. */
  is_revocable?: boolean
  /** Where a person takes the access back by hand; absent where no such page is known. */
  revocation_page?: string
}

/** What was added, removed and changed. */
export interface Changes {
  added: string[]
  removed: string[]
  changed: string[]
}

/** Answer of POST /v1/reload: the changes of the accounts, by their addresses, and of the rest. */
export interface ReloadAnswer extends Changes {
  file: string
  /** By their paths. Absent, as what follows: an older daemon does not say. */
  sockets?: Changes
  token_files?: Changes
  /** By each address that one listens on, else by the name. */
  bridges?: Changes
  /** Absent: an older daemon. */
  outboxes?: Changes
  /** Token files that somebody had removed or replaced, and that are there again. */
  restored?: string[]
  /** Sections of the file, like `notify`. */
  settings?: string[]
}

/** Lines of GET /v1/events (NDJSON). */
export interface BrokerEvent {
  time: string
  event: string
  user?: string
  state?: AccountState
  fingerprint?: string
  detail?: string
}
