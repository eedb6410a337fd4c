/**
 * What keeps the sealed records: files of this host, or later a store that hosts share. An engine knows
 * addresses and bytes, never what is in them. What it promises is tested by one suite for all of them,
 * test/renewer/store/engine-contract.ts.
 */
import type { RecordKind } from '../../sealing/envelope.ts'

/** Which record. */
export interface RecordKey {
  user: string
  kind: RecordKind
}

/** Tells one version of a record from every other; undefined: there is none. */
export type Revision = string | undefined

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
  /** Its bytes; undefined where it has just gone. @throws StoreUnreadableError, InsecureFileModeError */
  read: () => Buffer | undefined
}

/** What became of a version: `superseded`, nothing was written, for the record is another by now. */
export type Outcome = 'durable' | 'superseded'

/** The right to write a record next, and room for it. */
export interface Attempt {
  /** As `put` does; the room is used up where that succeeds. */
  commit: (sealed: Buffer, expected: Revision) => Promise<Outcome>
  /** Gives the room back; does nothing once it was used. */
  giveBack: () => void
}

/** What the store asks of an engine. */
export interface Engine {
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
  put: (key: RecordKey, sealed: Buffer, expected: Revision) => Promise<Outcome>
  /** Removes a record for good, as `put` writes; false where there was none. @throws StoreUnreadableError */
  remove: (key: RecordKey) => Promise<boolean>
  /** Has the versions that other hosts write told, until what comes back is called. */
  follow: (sink: (key: RecordKey) => void) => () => void
  /** Lets others begin. */
  close: () => Promise<void>
}
