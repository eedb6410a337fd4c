/**
 * What hosts that share a store tell each other of an account, beside its records: who works on it, who
 * may have used its refresh token, what the provider refused, and the newest access token. An engine
 * compares and writes; what that means is in claims.ts.
 */
import type { WireError } from '../../shapes/wire-error.ts'
import type { Revision } from './revision.ts'

/** Of a part that is there; a later version has another one. */
interface Seen {
  revision: Revision
}

/** Somebody works on the account, until its lease expires at the latest. */
export interface SeenLock extends Seen {
  job: string
  host: string
}

/** Somebody has had the lock for grant `number`, and may have presented its refresh token. */
export interface SeenIntent extends SeenLock {
  number: number
}

/** What there is of an account at one moment. */
export interface Sight {
  /** Without a grant: number 0, and no revision. */
  grant: Seen & { number: number; job?: string }
  token?: Seen & { number: number; sealed: Buffer }
  lock?: SeenLock
  intent?: SeenIntent
  /** Holds for grant `number` until then, epoch ms by the engine's clock. */
  failure?: Seen & { number: number; untilMs: number; error: WireError }
}

/** The right of this host to hold locks, for a while. */
export interface HeldLease {
  id: string
  /** By the clocks of this host, suspends included; counted from before it was asked for. */
  leftMs: () => number
}

/** Whose parts. */
export interface SharedKeys {
  /** Of the sign-in: its grant, lock, intent and failure. */
  owner: string
  /** Of the access token. */
  user: string
}

/** What is to be there in place of what was seen. */
export interface SharedChange extends SharedKeys {
  /** These are still as they were seen, or nothing is done. */
  where: Pick<Sight, 'grant'> & Partial<Record<'token' | 'lock' | 'intent', Seen | undefined>>
  put?: {
    token?: { number: number; sealed: Buffer }
    lock?: { job: string; lease: HeldLease }
    intent?: { job: string; number: number }
    failure?: { number: number; untilMs: number; error: WireError }
  }
  remove?: readonly ('lock' | 'intent' | 'failure')[]
}

/** What an engine of a store that hosts share adds; all throws CmsOauthError. */
export interface SharedState {
  /** The name of this host, as the others see it. */
  readonly host: string
  /** Of the engine, as a message names it. */
  readonly name: string
  /** This host's clock minus the engine's, in ms: the times that hosts tell each other are the engine's. */
  readonly clockAheadMs: number
  look: (keys: SharedKeys) => Promise<Sight>
  /** One that has long enough left to begin under. */
  lease: () => Promise<HeldLease>
  /** All of it or nothing; false: something was no longer as it was seen. After an error look again. */
  write: (change: SharedChange) => Promise<boolean>
}
