/**
 * What the daemon and its renewer say to each other over the IPC channel. The daemon sends
 * `configure` once and then jobs; the renewer answers each job by its id and sends a heartbeat.
 * A refresh token crosses only inwards, in `import`.
 */
import { type Account, signInOwner } from '../accounts/account.ts'
import type { StoreKeySource } from '../configuration/configuration.ts'
import type { WireError } from '../errors.ts'
import type { Secret } from '../logging/secret.ts'
import type { DeviceAuthorization } from '../oauth/device-authorization.ts'
import type { PollLater } from '../oauth/device-poll.ts'
import type { Probe } from '../renewer/providers/probe.ts'
import type {
  AuthorizationRequest,
  AuthorizationStart,
  CodeRedemption,
} from '../renewer/providers/provider.ts'
import type { OtherRecord, RecordSummary } from '../renewer/store/record-overview.ts'
import type { UnsavedGrant } from '../renewer/store/unsaved-grants.ts'
import type { CrashReport } from '../child-process/crash-report.ts'

export type { RecordSummary }

/** What the store holds: for the accounts asked about, and for nobody of them. */
export interface StoredRecords {
  records: RecordSummary[]
  others: OtherRecord[]
}

/** A fresh access token: its renewal is sealed on disk unless `isDurable` says otherwise. */
export interface Refreshed {
  accessToken: string
  /** Of the access token, made here so that a daemon idles without node:crypto. */
  fingerprint: string
  /** Epoch ms. */
  expiresAt: number
  scopes: string[]
  /** Epoch ms; absent where nobody signs in. */
  signedInAt?: number
  /** False while the disk refuses the record; a `durable` message follows when it is saved. */
  isDurable: boolean
  /** The address the provider returned; absent where it returned none. */
  identity?: string
  /** Epoch ms at which the provider says the sign-in expires in any case; absent: not said. */
  renewalExpiresAt?: number
}

/** What crosses the channel is plain data: its secrets are strings on the way. */
type Unsealed<T> = { [K in keyof T]: T[K] extends Secret ? string : T[K] }

/** A device code, and what a person does with it elsewhere (RFC 8628 section 3.2). */
export type DeviceVerification = Unsealed<DeviceAuthorization>

/** Each kind of job with what it is given and what it gives. */
export interface Jobs {
  /** Opens the store, proves key and disk, looks for the accounts' records; a daemon's first job. */
  'open-store': {
    parameters: { accounts: Pick<Account, 'user' | 'loginHint'>[] }
    result: StoredRecords
  }
  'start-authorization': {
    parameters: { account: Account } & AuthorizationRequest
    result: AuthorizationStart
  }
  /** Redeems a code, compares the address, seals the grant. */
  'redeem-code': {
    parameters: { account: Account } & Unsealed<CodeRedemption>
    result: Refreshed
  }
  'start-device-authorization': { parameters: { account: Account }; result: DeviceVerification }
  /** Asks once whether the person is done; then compares the address, and seals the grant. */
  'poll-device-code': {
    parameters: { account: Account; deviceCode: string }
    result: Refreshed | { later: PollLater }
  }
  /** `hasToken` while an older token serves: it can wait then for a disk that is full. */
  refresh: { parameters: { account: Account; hasToken?: boolean }; result: Refreshed }
  /** Takes a foreign refresh token and stores it after one successful refresh. */
  import: { parameters: { account: Account; refreshToken: string }; result: Refreshed }
  /** Looks whether the provider can be reached; touches no record. */
  probe: { parameters: { account: Account }; result: Probe }
  /**
   * Removes the record; with `revoke` tells the provider first, which takes an account. Without one
   * `issuer` is who gave the record.
   */
  forget: {
    parameters: { user: string; account?: Account; revoke: boolean; issuer?: string }
    result: { wasRevoked: boolean }
  }
}
export type JobKind = keyof Jobs

/** Whose record a job is about; undefined for one about the whole store. */
export function userOf(parameters: Jobs[JobKind]['parameters']): string | undefined {
  if ('user' in parameters) return parameters.user
  return 'account' in parameters && parameters.account !== undefined
    ? signInOwner(parameters.account)
    : undefined
}

/** True for a job in which a provider may give a refresh token in place of an older one. */
export function mayRotate(kind: JobKind): boolean {
  const kinds: readonly JobKind[] = ['refresh', 'redeem-code', 'poll-device-code', 'import']
  return kinds.includes(kind)
}

/** Daemon to renewer. */
export type ToRenewer =
  | { type: 'configure'; stateDirectory: string; runtimeDirectory: string; key: StoreKeySource }
  /** Whose accounts all jobs are about from now on, but for those about the whole store. */
  | { type: 'assign'; issuer: string }
  /** No more jobs come: what is open is finished and sealed, then the process ends. */
  | { type: 'stop' }
  | {
      [K in JobKind]: { type: 'job'; id: number; kind: K; parameters: Jobs[K]['parameters'] }
    }[JobKind]

/** Renewer to daemon. */
export type FromRenewer =
  | { type: 'heartbeat' }
  /** Something was thrown that nobody expected; it has cost one job at most. */
  | { type: 'crash'; report: CrashReport; user?: string }
  /** The store is held by another, or its key locked away, and the end of that is waited for. */
  | { type: 'waiting'; reason: string }
  | { type: 'result'; id: number; result: Jobs[JobKind]['result'] }
  | { type: 'failure'; id: number; error: WireError }
  /** Whose newest records the disk has not taken yet. */
  | { type: 'unsaved'; grants: UnsavedGrant[] }
  /** A record that the disk had refused is saved now. */
  | { type: 'durable'; user: string }
  /** What the provider gave after the job that asked for it had been answered; it is sealed. */
  | { type: 'late'; user: string; refreshed: Refreshed }
  /** A refresh whose job had been answered ended so that nobody knows whether it rotated. */
  | { type: 'lost'; user: string; error: WireError }
  /** A sign-in is sealed though its job failed: the account's next refresh takes it up. */
  | { type: 'kept'; user: string }
  /** A job takes longer than others may: whoever asked waits for what its provider was asked for. */
  | { type: 'patience'; id: number }
  /** Whose exchange with a provider is still open, whether or not somebody waits for its job. */
  | { type: 'exchanges'; users: string[] }
