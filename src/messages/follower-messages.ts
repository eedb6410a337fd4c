/**
 * What the daemon and its follower say to each other. The follower reads the tokens that hosts share in
 * an engine, and tells of each one that comes or goes; no refresh token and no key of grants crosses.
 */
import type { EtcdStoreConfiguration } from '../configuration/configuration.ts'
import type { WireError } from '../shapes/wire-error.ts'
import type { ChildSignal } from './child-signals.ts'
import type { Confinement } from './confinement.ts'
import type { FreshToken } from './renewer-jobs.ts'

/** Daemon to follower. */
export type ToFollower =
  | {
      type: 'configure'
      store: EtcdStoreConfiguration
      /** Absent: it may open what its user may. */
      confinement?: Confinement
    }
  /** Whose tokens are wanted from now on: those that are there are all told again. */
  | { type: 'follow'; users: string[] }
  | { type: 'stop' }

/** What the follower knows of the engine. */
export interface EngineState {
  /** True while most of its nodes agree: reads and writes succeed. */
  isReachable: boolean
  /** Why it is not, or why its tokens are not shared. */
  error?: WireError
  /** That answered last. */
  endpoint?: string
  version?: string
  dbSizeBytes?: number
  /** Of that, what is not history that a defragmentation gives back. */
  dbInUseBytes?: number
  /** Which the engine has raised, as NOSPACE. */
  alarms?: string[]
  /** Of the newest event that was read; numbers of the engine are text, since they are wider than ours. */
  revision?: string
  /** What is older was compacted; absent: not known. */
  compactRevision?: string
  /** The engine's clock minus ours, to the second. */
  clockAheadMs?: number
  /** How long ago the newest token that was told was written, when it was told. */
  lagMs?: number
  /** True once all that was there has been told. */
  isListed: boolean
}

/** Follower to daemon. */
export type FromFollower =
  | ChildSignal
  /** With `number`, `lifetimeMs` and, where somebody signs in, `signedInAt`. */
  | { type: 'token'; user: string; token: FreshToken }
  /** The account was signed out, at whichever host. */
  | { type: 'forgotten'; user: string }
  | { type: 'engine'; state: EngineState }
