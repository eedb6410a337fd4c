import type { Child } from '../../child-process/child.ts'
import { signalShapes } from '../../child-process/signal-shapes.ts'
import type {
  AuthorizationStart,
  DeviceVerification,
  FreshToken,
  JobKind,
  Jobs,
  OtherRecord,
  Probe,
  RecordSummary,
  RefreshLater,
  StoredRecords,
  UncopiedRecord,
} from '../../messages/renewer-jobs.ts'
import type {
  FleetEvent,
  FleetNews,
  FromRenewer,
  ToRenewer,
  UnsavedGrant,
} from '../../messages/renewer-messages.ts'
import { isHttpsUrl } from '../../oauth/https-url.ts'
import {
  anything,
  either,
  fields,
  flag,
  listOf,
  number,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
  where,
} from '../../shapes/shape.ts'
import { wireErrorShape } from '../../shapes/wire-error-shape.ts'

/** A page that a person is sent to. */
const page = where<string>(isHttpsUrl)

/** The form of a token that has come. */
export const freshTokenShape = fields<FreshToken>({
  accessToken: text,
  fingerprint: text,
  expiresAt: number,
  scopes: listOf(text),
  signedInAt: optional(number),
  isDurable: flag,
  identity: optional(text),
  renewalExpiresAt: optional(number),
  isNewerInDoubt: optional(flag),
  number: optional(number),
  lifetimeMs: optional(number),
  issuer: optional(text),
})

const storedRecordsShape = fields<StoredRecords>({
  records: listOf(fields<RecordSummary>({ user: text, signedInAt: number, refreshedAt: number })),
  others: listOf(fields<OtherRecord>({ user: text, signedInAt: number, issuer: text })),
})

const laterShape = fields<Exclude<Jobs['poll-device-code']['result'], FreshToken>>({
  later: oneOf(['authorization_pending', 'slow_down']),
})

const refreshLaterShape = fields<Exclude<Jobs['refresh']['result'], FreshToken>>({
  later: fields<RefreshLater>({
    atMs: number,
    reason: oneOf(['locked', 'ambiguous']),
    host: text,
  }),
})

/** Each once: the compiler misses none of them. */
const fleetEvents: Record<FleetEvent, true> = {
  claimed: true,
  committed: true,
  adopted: true,
  takeover: true,
  ambiguous: true,
  superseded: true,
  escrowed: true,
  not_shared: true,
  lease_too_short: true,
}

const fleetNewsShape = fields<FleetNews>({
  event: oneOf(Object.keys(fleetEvents) as FleetEvent[]),
  user: text,
  job: optional(text),
  number: optional(number),
  host: optional(text),
  reason: optional(text),
})

/** The form of what each kind of job gives. */
export const resultShapes: { [K in JobKind]: Shape<Jobs[K]['result']> } = {
  'open-store': storedRecordsShape,
  'copy-store': fields<Jobs['copy-store']['result']>({
    copied: number,
    kept: number,
    failed: listOf(fields<UncopiedRecord>({ user: text, message: text, hint: text })),
  }),
  'rekey-store': fields<Jobs['rekey-store']['result']>({
    sealed: number,
    kept: number,
    left: listOf(text),
  }),
  'start-authorization': fields<AuthorizationStart>({ url: page, issuer: optional(text) }),
  'redeem-code': freshTokenShape,
  'start-device-authorization': fields<DeviceVerification>({
    deviceCode: text,
    userCode: text,
    verificationUri: page,
    verificationUriComplete: optional(page),
    expiresAt: number,
    intervalMs: number,
  }),
  'poll-device-code': either(laterShape, freshTokenShape),
  refresh: either(refreshLaterShape, freshTokenShape),
  import: freshTokenShape,
  probe: fields<Probe>({
    host: text,
    proxy: optional(text),
    durationMs: number,
    clockAheadMs: optional(number),
  }),
  forget: fields<Jobs['forget']['result']>({ wasRevoked: flag }),
}

/** A renewer process from the daemon's side. */
export type RenewerChild = Child<ToRenewer, FromRenewer>

/** The form of what a renewer says; of a result, `resultShapes` has the form. */
export const fromRenewerShape: Shape<FromRenewer> = variants<FromRenewer, 'type'>('type', {
  ...signalShapes,
  waiting: { reason: text },
  result: { id: number, result: anything },
  failure: { id: number, error: wireErrorShape },
  unsaved: { grants: listOf(fields<UnsavedGrant>({ user: text, isAside: flag })) },
  durable: { user: text },
  late: { user: text, refreshed: freshTokenShape },
  lost: { user: text, error: wireErrorShape },
  kept: { user: text },
  dropped: { user: text, wasRevoked: flag },
  patience: { id: number },
  exchanges: { users: listOf(text) },
  fleet: { news: fleetNewsShape },
})
