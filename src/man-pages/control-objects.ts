/** The fields of what the control socket answers: of each type in messages/control-api.ts. */
import type { ProviderAnswer } from '../errors.ts'
import type { Advice } from '../messages/advice.ts'
import type {
  AccountError,
  AccountsAnswer,
  AccountState,
  AccountStatus,
  BrokerEvent,
  ForeseenEnd,
  ForgetAnswer,
  ReloadAnswer,
  SignInProgress,
  TokenFileStatus,
  UnusedSignIn,
} from '../messages/control-api.ts'
import type { Diagnostics, ProviderDiagnosis, RenewerDiagnosis } from '../messages/diagnostics.ts'
import type { OutboxStatus } from '../messages/outbox-api.ts'
import type { WireError } from '../shapes/wire-error.ts'
import { bridgeObjects, type Fields } from './bridge-objects.ts'
import { sharedStore } from './shared-store-object.ts'

const accountsAnswer: Fields<AccountsAnswer> = {
  version: 'of the daemon',
  pid: 'of the daemon',
  config_file: 'the configuration in force; absent: an older daemon',
  accounts: 'a list of ACCOUNT',
  unused_sign_ins: 'a list of UNUSED SIGN-IN; absent: an older daemon',
  outboxes: 'a list of OUTBOX; absent: an older daemon',
  shared_store: 'a SHARED STORE; absent: the records are files of this host',
}

const outboxStatus: Fields<OutboxStatus> = {
  name: 'of the outbox',
  account: 'who sends',
  path: 'of its socket',
  waiting: 'how many messages wait',
  oldest_at: 'when the oldest of them was accepted, null if none waits',
  last_reason: 'why the last delivery failed, null once one succeeded',
}

const accountStatus: Fields<AccountStatus> = {
  user: 'the address that programs ask for',
  provider: 'office365, gmail or oidc',
  client_id: 'of the app registration',
  login_hint: 'who signs in',
  grant: 'how tokens are got',
  sign_in_with: 'the account whose sign-in is used; null: its own, or none',
  state: 'see STATES',
  expires_at: 'of the token in memory; null where there is none that may be served',
  last_refresh_at: 'or null',
  next_refresh_at: 'or null',
  signed_in_at: 'or null',
  is_durable: 'false while the newest refresh token is not yet on disk',
  fingerprint: 'of the token in memory, as the log has it; or null',
  error: 'an ERROR with actor and failed_at: why the last attempt failed; null after a success',
  ends: 'a list of END: what is known to expire, the next first',
  wanted_scopes: 'what the configuration asks for',
  granted_scopes: 'what the newest token is for; null where there is none yet',
  action: 'the next step of the first advice; empty: nothing is to be done',
  advice: 'a list of ADVICE, the most urgent first; absent: an older daemon',
  token_files: 'a list of TOKEN FILE',
  sends_by:
    'gmail-api or graph: an outbox sends by it, and the account may only send; null: not so',
  resource:
    'the name in "resources" that its tokens are for, or outbox where an outbox has them beside mail programs: no mail server accepts them; null: they are for mail',
  record_number:
    'where hosts share a store: how many grants the account has had since its sign-in, as far as this host knows; else absent',
  bridge_connections: 'how many connections bridges have open to its mail server',
}

/** Every state of an account. */
export const stateMeanings: Record<AccountState, string> = {
  signed_out: 'nobody has signed in',
  signing_in: 'a sign-in is open',
  active: 'there is a token',
  refreshing: 'a new one is being fetched; the old one is served',
  backing_off: 'a refresh failed and is tried again; the old token is served while it lasts',
  sign_in_required: 'only a person who signs in can change it',
  misconfigured: 'only a change of the configuration, or at the provider, can change it',
}

const advice: Fields<Advice> = {
  about: 'access, permissions, store, token_file or end',
  in_short: 'as status has it in a column',
  actor: 'who can end it: you, administrator or nobody',
  is_urgent: 'true where mail programs get no token, or no other, until somebody has acted',
  message: 'what is the matter, in one sentence',
  next_step: 'what to do, or to wait for',
}

const foreseenEnd: Fields<ForeseenEnd> = {
  what: 'sign_in, client_secret or client_certificate',
  at: 'when',
  is_sliding: 'true where every refresh moves it on',
  is_near: 'true when it is time to act',
  reason: 'one sentence',
  next_step: 'what to do before',
}

const tokenFile: Fields<TokenFileStatus> = {
  path: 'the file',
  protocol: 'SMTP, IMAP or POP',
  format: 'what is in it',
  expires_at: 'of the token in the file; null where there is none',
  problem: 'why the file is not as it should be; null: it is',
}

const unusedSignIn: Fields<UnusedSignIn> = {
  user: 'whose it was',
  signed_in_at: 'null: not known',
  reason: 'why nobody uses it',
}

/** The fields of all lines; `event` says which are there. */
const progress: Record<
  SignInProgress extends infer Line ? (Line extends unknown ? keyof Line : never) : never,
  string
> = {
  event: 'the first word of each line below',
  url: "url: the page to open; browser: the daemon's, paste: the provider's",
  user_code: 'user_code: what to type',
  verification_uri: 'user_code: where to type it',
  verification_uri_complete: 'user_code: the same with the code in it; may be absent',
  user: 'sign_in_of: whose sign-in this is; completed: the account',
  expires_at: 'user_code: until when it may be typed; completed: of the token',
  grant: 'completed: where no sign-in was needed, how the token was fetched instead',
  sends_by: 'completed: the API that an outbox sends by, where no program gets the token',
  missing:
    'completed: message, next_step and is_certain, where the sign-in does not allow all that it was asked for',
  error: 'failed: an ERROR',
}

/** Every line of a sign-in. */
export const progressMeanings: Record<SignInProgress['event'], string> = {
  url: 'the sign-in waits for a browser',
  user_code: 'the sign-in waits for a code, whether or not anybody reads on',
  sign_in_of: 'the account uses the sign-in of another one, which is what follows',
  page_opened: 'the page was opened',
  code_received: 'the provider sent the browser back',
  completed: 'the last line: there is a token',
  failed: 'the last line: there is none',
}

const forgotten: Fields<ForgetAnswer> = {
  was_revoked: 'true: at the provider too',
  is_shared:
    'true where hosts share the store, so that it is forgotten on all of them; otherwise absent',
  is_revocable: 'false where no account uses the sign-in, so that nobody can revoke it from here',
  revocation_page: 'where a person takes the access back by hand; absent where none is known',
}

const reloaded: Fields<ReloadAnswer> = {
  file: 'the configuration',
  added: 'accounts',
  removed: 'accounts',
  changed: 'accounts',
  sockets: 'added, removed and changed, by their paths',
  token_files: 'the same of the token files',
  bridges: 'the same of the bridges, by the addresses that they listen on',
  outboxes: 'the same of the outboxes, by their paths',
  restored: 'token files that somebody had removed or replaced, and that are there again',
  settings: 'sections of the file that have changed, like notify',
}

const brokerEvent: Fields<BrokerEvent> = {
  time: 'when',
  event:
    'token.refreshed, token.adopted (another host has refreshed it), token.refresh_failed, token.sign_in_required, token.forgotten, sign_in.opened, sign_in.closed, token_file.written, token_file.removed, token_file.expired or token_file.failed',
  user: 'the account',
  state: 'see STATES',
  fingerprint: 'of the token in memory',
  detail: 'an error message, or the path of a token file',
}

const diagnostics: Fields<Diagnostics> = {
  version: 'of the daemon',
  pid: 'of the daemon',
  uid: 'of the daemon',
  node: 'the version of Node.js',
  configuration: 'file and loaded_at',
  sockets: 'each [[socket]] as it is in force, defaults filled in',
  store:
    'state_directory; key, which says from where, and for a file its path; shared, a SHARED STORE or absent',
  renewer: 'a RENEWER',
  providers: 'a list of PROVIDER',
  findings:
    'what does not fit the configuration: level, subject, text, hint, code and user; absent: an older daemon',
}

const renewer: Fields<RenewerDiagnosis> = {
  duration_ms: 'how long it took',
  records: 'how many sign-ins are in the store; or null',
  error: 'an ERROR, or null',
}

const provider: Fields<ProviderDiagnosis> = {
  users: 'its accounts',
  host: 'or null',
  proxy: 'or null',
  duration_ms: 'or null',
  clock_ahead_ms: "its clock less this machine's; or null",
  error: 'an ERROR, or null',
}

const wireError: Fields<WireError> = {
  error: 'the code, see ERRORS',
  error_description: 'one sentence',
  hint: 'the next step; may be empty',
  actor:
    'you, administrator or nobody: who must act; absent: nobody for provider_unavailable and store_locked, else you',
  answer: "what the provider itself said: see PROVIDER'S ANSWER",
  retry_after_ms: 'how long the provider asked to wait; may be absent',
  is_fate_unknown: 'true where the provider may have changed the sign-in; else absent',
}

const failedAt: Pick<Fields<AccountError>, 'failed_at'> = { failed_at: 'in an ACCOUNT: when' }

const providerAnswer: Fields<ProviderAnswer> = {
  status: 'of HTTP',
  error: 'the error of OAuth (RFC 6749)',
  description: 'at most 200 characters of its error_description',
  aadsts: "Microsoft's AADSTS number",
  correlationId: "Microsoft's correlation id, for its support",
  traceId: "Microsoft's trace id, for its support",
  timestamp: 'when Microsoft refused, in its words',
}

/** Each object by its heading, in the order of the page. */
export const objects: Record<string, Record<string, string>> = {
  ACCOUNTS: accountsAnswer,
  ACCOUNT: accountStatus,
  OUTBOX: outboxStatus,
  ADVICE: advice,
  END: foreseenEnd,
  'TOKEN FILE': tokenFile,
  'UNUSED SIGN-IN': unusedSignIn,
  'SIGN-IN PROGRESS': progress,
  FORGOTTEN: forgotten,
  ...bridgeObjects,
  RELOADED: reloaded,
  EVENT: brokerEvent,
  DIAGNOSTICS: diagnostics,
  'SHARED STORE': sharedStore,
  RENEWER: renewer,
  PROVIDER: provider,
  ERROR: { ...wireError, ...failedAt },
  "PROVIDER'S ANSWER": providerAnswer,
}
