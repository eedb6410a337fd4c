/** What the answers of the control socket must hold before a command reads them. */
import { endNames } from '../accounts/end-names.ts'
import type { Finding } from '../configuration/finding.ts'
import { isErrorCode } from '../errors.ts'
import type { Advice, MissingPermissions } from '../messages/advice.ts'
import type {
  AccountError,
  AccountsAnswer,
  AccountStatus,
  BrokerEvent,
  Changes,
  Diagnostics,
  ForeseenEnd,
  ForgetAnswer,
  ProviderDiagnosis,
  ReloadAnswer,
  RenewerDiagnosis,
  SignInProgress,
  TokenFileStatus,
  OutboxStatus,
  UnusedSignIn,
} from '../messages/control-api.ts'
import { whatCame } from '../socket-client/what-came.ts'
import {
  anyText,
  flag,
  instant,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  text,
  webAddress,
} from './shape.ts'

const actor = oneOf(['you', 'administrator', 'nobody'])
const texts = list(text)

const providerAnswer: Shape = object<Required<NonNullable<AccountError['answer']>>>({
  status: optional(number),
  error: optional(anyText),
  description: optional(anyText),
  aadsts: optional(number),
  correlationId: optional(anyText),
})

const errorFields = {
  error: text,
  error_description: text,
  hint: anyText,
  answer: optional(providerAnswer),
  retry_after_ms: optional(number),
  is_fate_unknown: optional(flag),
}

const knownCode: Shape = (value, place) =>
  typeof value === 'string' && isErrorCode(value) ? undefined : `"${place}" is ${whatCame(value)}`
/** Of a check, whose exit status is by its code. */
const checkError = object({ ...errorFields, error: knownCode, actor: optional(actor) })

const advice = object<Advice>({
  about: text,
  in_short: text,
  actor,
  is_urgent: flag,
  message: text,
  next_step: anyText,
})

const foreseenEnd = object<ForeseenEnd>({
  what: oneOf(Object.keys(endNames)),
  at: instant,
  is_sliding: flag,
  is_near: flag,
  reason: text,
  next_step: anyText,
})

const tokenFile = object<TokenFileStatus>({
  path: text,
  protocol: text,
  format: text,
  expires_at: nullable(instant),
  problem: nullable(text),
})

const accountStatus = object<AccountStatus>({
  user: text,
  provider: text,
  client_id: anyText,
  login_hint: text,
  grant: text,
  sign_in_with: nullable(text),
  state: text,
  expires_at: nullable(instant),
  last_refresh_at: nullable(instant),
  next_refresh_at: nullable(instant),
  signed_in_at: nullable(instant),
  is_durable: flag,
  fingerprint: nullable(text),
  error: nullable(object<AccountError>({ ...errorFields, actor, failed_at: instant })),
  ends: list(foreseenEnd),
  wanted_scopes: texts,
  granted_scopes: nullable(texts),
  action: anyText,
  advice: optional(list(advice)),
  token_files: list(tokenFile),
  bridge_connections: optional(number),
})

/** GET /v1/accounts. */
export const accountsAnswer = object<AccountsAnswer>({
  version: text,
  pid: number,
  accounts: list(accountStatus),
  unused_sign_ins: optional(
    list(object<UnusedSignIn>({ user: text, signed_in_at: nullable(instant), reason: text })),
  ),
  outboxes: optional(
    list(
      object<OutboxStatus>({
        name: text,
        waiting: number,
        oldest_at: nullable(instant),
        last_reason: nullable(anyText),
      }),
    ),
  ),
})

const allowRule = object({ users: texts, groups: texts })

const socket = object<Diagnostics['sockets'][number]>({
  path: text,
  name: optional(text),
  accounts: optional(texts),
  protocols: texts,
  mode: number,
  owner: optional(text),
  group: optional(text),
  reply: text,
  allow: optional(allowRule),
})

const finding = object<Finding>({
  level: oneOf(['ok', 'warning', 'failure']),
  subject: text,
  text,
  hint: anyText,
  code: optional(knownCode),
  user: optional(text),
})

/** GET /v1/diagnostics. */
export const diagnostics = object<Diagnostics>({
  version: text,
  pid: number,
  uid: number,
  node: text,
  configuration: object({ file: text, loaded_at: instant }),
  sockets: list(socket),
  store: object({ state_directory: text, key: object({ from: text, path: optional(text) }) }),
  renewer: object<RenewerDiagnosis>({
    duration_ms: number,
    records: nullable(number),
    error: nullable(checkError),
  }),
  providers: list(
    object<ProviderDiagnosis>({
      users: texts,
      host: nullable(text),
      proxy: nullable(text),
      duration_ms: nullable(number),
      clock_ahead_ms: nullable(number),
      error: nullable(checkError),
    }),
  ),
  findings: optional(list(finding)),
})

/** DELETE /v1/accounts/{user}/grant. */
export const forgetAnswer = object<ForgetAnswer>({
  was_revoked: flag,
  is_revocable: optional(flag),
  revocation_page: optional(webAddress),
})

const changeFields = { added: texts, removed: texts, changed: texts }
const changes = object<Changes>(changeFields)

/** POST /v1/reload. */
export const reloadAnswer = object<ReloadAnswer>({
  ...changeFields,
  file: text,
  sockets: optional(changes),
  token_files: optional(changes),
  bridges: optional(changes),
  outboxes: optional(changes),
  restored: optional(texts),
  settings: optional(texts),
})

/** A line of GET /v1/events, of which only that it came is read. */
export const brokerEvent = object<Pick<BrokerEvent, 'time' | 'event'>>({
  time: instant,
  event: text,
})

/** An answer of which nothing is read. */
export const anyAnswer = object({})

const progressShapes: Readonly<Record<string, Shape>> = {
  url: object({ url: webAddress }),
  user_code: object({
    user_code: text,
    verification_uri: webAddress,
    verification_uri_complete: optional(webAddress),
    expires_at: instant,
  }),
  sign_in_of: object({ user: text }),
  completed: object({
    user: text,
    expires_at: instant,
    grant: optional(text),
    missing: optional(
      object<MissingPermissions>({ message: text, next_step: anyText, is_certain: flag }),
    ),
  }),
  failed: object({ error: object({}) }),
} satisfies Partial<Record<SignInProgress['event'], Shape>>

/** A line of a sign-in; what a newer daemon says besides is let through. */
export const signInProgress: Shape = (value, place) => {
  const fault = object({ event: text })(value, place)
  if (fault !== undefined) return fault
  const { event } = value as { event: string }
  return Object.hasOwn(progressShapes, event) ? progressShapes[event]?.(value, place) : undefined
}
