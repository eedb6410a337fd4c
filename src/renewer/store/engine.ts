/**
 * What keeps the sealed records: files of this host, or a store that hosts share. An engine knows
 * addresses and bytes, never what is in them. What it promises is tested by one suite for all of them,
 * test/renewer/store/engine-contract.ts.
 */
import type { RecordKind } from '../../sealing/envelope.ts'
import type { Revision } from './revision.ts'
import type { SharedState } from './shared-state.ts'

/** Which record. */
export interface RecordKey {
  user: string
  kind: RecordKind
}

/** What a store that hosts share says of a version in clear. */
export interface Stamp {
  /** Counts the grants of the account since its sign-in; it is sealed with the record. */
  number: number
  /** The claim under which it was written. */
  job: string
}

/** A record that is there, whether or not it can be read. */
export interface HeldRecord {
  kind: RecordKind
  /** Of the address by which it is kept; see addressHashOf. */
  readonly addressHash: string
  /** Where it is, as a message says it. */
  place: string
  /** Whose it is, by what the record itself says; undefined where it does not. */
  readonly user: string | undefined
  readonly revision: Revision
  /** Absent where hosts do not share the store, or where the record does not say it. */
  readonly stamp?: Stamp
  /** Its bytes; undefined where it had just gone. @throws StoreUnreadableError, InsecureFileModeError */
  read: () => Buffer | undefined
}

/** What became of a version: `superseded`, nothing was written, for the record is another by now. */
export type Outcome = 'durable' | 'superseded'

/** The right to write a record next, and room for it. */
export interface Attempt {
  /** As `put` does; the room is used up where that succeeds. */
  commit: (sealed: Buffer, expected: Revision, stamp?: Stamp) => Promise<Outcome>
  /** Gives the room back; does nothing once it was used. */
  giveBack: () => void
}

/** What the store asks of an engine. */
export interface Engine {
  /** Of hosts that share the store; absent: this host has it alone while it works for an issuer. */
  readonly shared?: SharedState
  /** What is held of these users, or of everybody; no lock is waited for. @throws NodeJS.ErrnoException */
  list: (users?: readonly string[]) => Promise<HeldRecord[]>
  /**
   * Resolves while nobody else works for the same issuer; with a key, there is room for the next version of that record.
   * @throws StoreLockedError at the limit, or where there is no room; StoreUnreadableError
   */
  begin: {
    (): Promise<void>
    (key: RecordKey): Promise<Attempt>
  }
  /**
   * Writes a version durably in place of the one of the expected revision; whoever has begun may.
   * Readers meanwhile, and after a failure, find the older one whole. @throws NodeJS.ErrnoException
   */
  put: (key: RecordKey, sealed: Buffer, expected: Revision, stamp?: Stamp) => Promise<Outcome>
  /**
   * Removes a record for good, as `put` writes, and of a grant what hosts share: of its account, and of
   * the tokens of those who use it; false where there was none. @throws StoreUnreadableError
   */
  remove: (key: RecordKey, usedBy?: readonly string[]) => Promise<boolean>
  /** Lets others begin. */
  close: () => Promise<void>
}
