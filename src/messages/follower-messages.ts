/**
 * What the daemon and its follower say to each other. The follower reads the tokens that hosts share in
 * an engine, and tells of each one that comes or goes; no refresh token and no key of sign-ins crosses.
 */
import type { EtcdStoreConfiguration } from '../configuration/configuration.ts'
import type { WireError } from '../shapes/wire-error.ts'
import type { ChildSignal } from './child-signals.ts'
import type { FreshToken } from './renewer-jobs.ts'

/** Daemon to follower. */
export type ToFollower =
  /** Once, before all else. */
  | { type: 'configure'; store: EtcdStoreConfiguration }
  /** Whose tokens are wanted from now on: those that are there are all told again. */
  | { type: 'follow'; users: string[] }

/** What the follower knows of the engine. */
export interface EngineState {
  /** True while most of its nodes agree: reads and writes succeed. */
  isReachable: boolean
  /** Why it is not, or why its tokens are not shared with this host. */
  error?: WireError
  /** What is wrong with single nodes while others answer; absent: not known yet. */
  faultyNodes?: WireError[]
  /** That answered last. */
  endpoint?: string
  version?: string
  dbSizeBytes?: number
  /** Of that, what is not history that a defragmentation gives back. */
  dbInUseBytes?: number
  /** Engines before 3.6 do not tell it. */
  quotaBytes?: number
  /** Which the engine has raised, as NOSPACE. */
  alarms?: string[]
  /** Of the newest write; revisions are text, since they are wider than numbers of ours. */
  revision?: string
  /** Older history is gone; '0': the engine has all of it. */
  compactRevision?: string
  /** This host's clock minus the engine's, to the second. */
  clockAheadMs?: number
  /** How long ago the newest token was written when it came here. */
  lagMs?: number
  /** True once all that is there has been told. */
  isListed: boolean
}

/** Follower to daemon. */
export type FromFollower =
  | ChildSignal
  /** With `number`, `lifetimeMs` and, where somebody signs in, `signedInAt`. */
  | { type: 'token'; user: string; token: FreshToken }
  /** The account was signed out, at whichever host. */
  | { type: 'forgotten'; user: string }
  /**
   * All that is there has been told; of these users there is nothing. `isOlder`: the engine is older than
   * it was, as after a restore, and what is absent may have been there.
   */
  | { type: 'listed'; absent: string[]; isOlder?: boolean }
  /** What there is of the user cannot be read here; told once for each reason. */
  | { type: 'unreadable'; user: string; reason: string }
  | { type: 'engine'; state: EngineState }
