/** What the answers of the control socket must hold before a command reads them. */
import { endNames } from '../accounts/end-names.ts'
import type { Finding } from '../configuration/finding.ts'
import type { Advice, MissingPermissions } from '../messages/advice.ts'
import type {
  AccountError,
  AccountsAnswer,
  AccountStatus,
  BrokerEvent,
  Changes,
  ForeseenEnd,
  ForgetAnswer,
  ReloadAnswer,
  SignInProgress,
  TokenFileStatus,
  UnusedSignIn,
} from '../messages/control-api.ts'
import type { Diagnostics, ProviderDiagnosis, RenewerDiagnosis } from '../messages/diagnostics.ts'
import {
  type AnyShape,
  filledText,
  flag,
  instant,
  listOf,
  nullable,
  number,
  oneOf,
  openFields,
  optional,
  type Shape,
  text,
  where,
} from '../shapes/shape.ts'
import { actor, checkError, errorFields, knownCode } from './error-shapes.ts'
import { outboxStatus } from './outbox-answer-shapes.ts'
import { sharedStore } from './shared-store-shape.ts'

const texts = listOf(filledText)

/** An http address: what a browser is sent to. */
const webAddress = where<string>(
  (value) => typeof value === 'string' && URL.canParse(value) && /^https?:/i.test(value),
)

const advice = openFields<Advice>({
  about: filledText,
  in_short: filledText,
  actor,
  is_urgent: flag,
  message: filledText,
  next_step: text,
})

const foreseenEnd = openFields<ForeseenEnd>({
  what: oneOf(Object.keys(endNames)),
  at: instant,
  is_sliding: flag,
  is_near: flag,
  reason: filledText,
  next_step: text,
})

const tokenFile = openFields<TokenFileStatus>({
  path: filledText,
  protocol: filledText,
  format: filledText,
  expires_at: nullable(instant),
  problem: nullable(filledText),
})

const accountStatus = openFields<AccountStatus>({
  user: filledText,
  provider: filledText,
  client_id: text,
  login_hint: filledText,
  grant: filledText,
  sign_in_with: nullable(filledText),
  state: filledText,
  expires_at: nullable(instant),
  last_refresh_at: nullable(instant),
  next_refresh_at: nullable(instant),
  signed_in_at: nullable(instant),
  is_durable: flag,
  fingerprint: nullable(filledText),
  error: nullable(openFields<AccountError>({ ...errorFields, actor, failed_at: instant })),
  ends: listOf(foreseenEnd),
  wanted_scopes: texts,
  granted_scopes: nullable(texts),
  action: text,
  advice: optional(listOf(advice)),
  token_files: listOf(tokenFile),
  sends_by: optional(nullable(filledText)),
  resource: optional(nullable(filledText)),
  record_number: optional(nullable(number)),
  bridge_connections: optional(number),
})

/** GET /v1/accounts. */
export const accountsAnswer = openFields<AccountsAnswer>({
  version: filledText,
  pid: number,
  config_file: optional(filledText),
  accounts: listOf(accountStatus),
  unused_sign_ins: optional(
    listOf(
      openFields<UnusedSignIn>({
        user: filledText,
        signed_in_at: nullable(instant),
        reason: filledText,
      }),
    ),
  ),
  outboxes: optional(listOf(outboxStatus)),
  shared_store: optional(sharedStore),
})

const allowRule = openFields({ users: texts, groups: texts })

const socket = openFields<Diagnostics['sockets'][number]>({
  path: filledText,
  name: optional(filledText),
  accounts: optional(texts),
  resources: optional(texts),
  protocols: texts,
  mode: number,
  owner: optional(filledText),
  group: optional(filledText),
  reply: filledText,
  allow: optional(allowRule),
})

const finding = openFields<Finding>({
  level: oneOf(['ok', 'warning', 'failure']),
  subject: filledText,
  text: filledText,
  hint: text,
  code: optional(knownCode),
  user: optional(filledText),
})

/** GET /v1/diagnostics. */
export const diagnostics = openFields<Diagnostics>({
  version: filledText,
  pid: number,
  uid: number,
  node: filledText,
  configuration: openFields({ file: filledText, loaded_at: instant }),
  sockets: listOf(socket),
  store: openFields({
    state_directory: filledText,
    key: openFields({ from: filledText, path: optional(filledText) }),
    shared: optional(sharedStore),
  }),
  renewer: openFields<RenewerDiagnosis>({
    duration_ms: number,
    records: nullable(number),
    error: nullable(checkError),
  }),
  providers: listOf(
    openFields<ProviderDiagnosis>({
      users: texts,
      host: nullable(filledText),
      proxy: nullable(filledText),
      duration_ms: nullable(number),
      clock_ahead_ms: nullable(number),
      error: nullable(checkError),
    }),
  ),
  findings: optional(listOf(finding)),
})

/** DELETE /v1/accounts/{user}/grant. */
export const forgetAnswer = openFields<ForgetAnswer>({
  was_revoked: flag,
  is_shared: optional(flag),
  is_revocable: optional(flag),
  revocation_page: optional(webAddress),
})

const changeFields = { added: texts, removed: texts, changed: texts }
const changes = openFields<Changes>(changeFields)

/** POST /v1/reload. */
export const reloadAnswer = openFields<ReloadAnswer>({
  ...changeFields,
  file: filledText,
  sockets: optional(changes),
  token_files: optional(changes),
  bridges: optional(changes),
  outboxes: optional(changes),
  restored: optional(texts),
  settings: optional(texts),
})

/** A line of GET /v1/events. Only that it came is of use. */
export const brokerEvent = openFields<Pick<BrokerEvent, 'time' | 'event'>>({
  time: instant,
  event: filledText,
})

/** An answer whose fields nobody reads. */
export const anyAnswer = openFields({})

const progressShapes: Readonly<Record<string, AnyShape>> = {
  url: openFields({ url: webAddress }),
  user_code: openFields({
    user_code: filledText,
    verification_uri: webAddress,
    verification_uri_complete: optional(webAddress),
    expires_at: instant,
  }),
  sign_in_of: openFields({ user: filledText }),
  completed: openFields({
    user: filledText,
    expires_at: instant,
    grant: optional(filledText),
    sends_by: optional(filledText),
    missing: optional(
      openFields<MissingPermissions>({ message: filledText, next_step: text, is_certain: flag }),
    ),
  }),
  failed: openFields({ error: openFields({}) }),
} satisfies Partial<Record<SignInProgress['event'], AnyShape>>

/** A line of a sign-in; what a newer daemon says besides is let through. */
export const signInProgress: Shape<SignInProgress> = (value) => {
  const place = openFields<{ event: string }>({ event: filledText })(value)
  if (place !== undefined) return place
  const { event } = value as { event: string }
  return Object.hasOwn(progressShapes, event) ? progressShapes[event]?.(value) : undefined
}
