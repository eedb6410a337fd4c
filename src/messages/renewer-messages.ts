/**
 * What the daemon and its renewer say to each other over their channel. The daemon sends
 * `configure` once and then jobs; the renewer answers each job by its id.
 * A refresh token crosses only inwards, in `import`.
 */
import type { StoreConfiguration } from '../configuration/configuration.ts'
import type { WireError } from '../shapes/wire-error.ts'
import type { ChildSignal } from './child-signals.ts'
import type { Confinement } from './confinement.ts'
import type { GrantStage, JobKind, Jobs, FreshToken } from './renewer-jobs.ts'

/** That the disk has not taken the newest grant of an account yet. */
export interface UnsavedGrant {
  user: string
  /** True if it survives the end of this process all the same, though no reboot. */
  isAside: boolean
}

/** What happened to a record that hosts share. */
export type FleetEvent =
  | 'claimed'
  | 'committed'
  | 'adopted'
  | 'takeover'
  | 'ambiguous'
  | 'superseded'
  | 'escrowed'
  | 'not_shared'
  | 'lease_too_short'

/** What the log says of it. */
export interface FleetNews {
  event: FleetEvent
  user: string
  /** Of the claim: a name with a random part. */
  job?: string
  /** Of the record. */
  number?: number
  /** The other host that it is about. */
  host?: string
  reason?: string
}

/** Daemon to renewer. */
export type ToRenewer =
  | {
      type: 'configure'
      store: StoreConfiguration
      runtimeDirectory: string
      /** Absent: it may open what its user may. */
      confinement?: Confinement
    }
  /** Whose accounts all jobs are about from now on, but for those about the whole store. */
  | { type: 'assign'; issuer: string }
  /** A token by this grant is here since the jobs about its address were given. */
  | { type: 'seen'; owner: string; stage: GrantStage }
  /** No more jobs come: what is open is finished and sealed, then the process ends. */
  | { type: 'stop' }
  | { type: 'job'; id: number; job: Job }

/** Something to do for the renewer. */
export type Job = { [K in JobKind]: { kind: K; parameters: Jobs[K]['parameters'] } }[JobKind]

/** Renewer to daemon. */
export type FromRenewer =
  | ChildSignal
  /** The store is held by another, or its key locked away, and the end of that is waited for. */
  | { type: 'waiting'; reason: string }
  /** `result` is of the kind of job that was sent by this id. */
  | { type: 'result'; id: number; result: unknown }
  | { type: 'failure'; id: number; error: WireError }
  /** Whose newest records the disk has not taken yet. */
  | { type: 'unsaved'; grants: UnsavedGrant[] }
  /** A record that the disk had refused is saved now. */
  | { type: 'durable'; user: string }
  /** What the provider gave after the job that asked for it had been answered; it is sealed. */
  | { type: 'late'; user: string; refreshed: FreshToken }
  /** A refresh whose job had been answered ended so that nobody knows whether it rotated. */
  | { type: 'lost'; user: string; error: WireError }
  /** A sign-in is sealed though its job failed: the account's next refresh takes it up. */
  | { type: 'kept'; user: string }
  /** What came after a logout that revokes was dropped, and revoked too where that can be done. */
  | { type: 'dropped'; user: string; wasRevoked: boolean }
  /** A job takes longer than others may: whoever asked waits for what its provider was asked for. */
  | { type: 'patience'; id: number }
  /** What happened to a record that hosts share. */
  | { type: 'fleet'; news: FleetNews }
  /** Whose exchange with a provider is still open, whether or not somebody waits for its job. */
  | { type: 'exchanges'; users: string[] }
