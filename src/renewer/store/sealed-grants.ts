import { randomUUID } from 'node:crypto'
import { isCmsOauthError, StoreUnreadableError } from '../../errors.ts'
import { isSystemError } from '../../files/system-error.ts'
import { numberBytes } from '../../fleet/fleet-records.ts'
import type { Aside } from './aside.ts'
import type { Attempt, Engine, HeldRecord, Outcome, Stamp } from './engine.ts'
import { placeOf, withoutLineage } from './lineage.ts'
import { openEnvelope, type RecordKind, sealEnvelope } from '../../sealing/envelope.ts'
import type { MasterKey } from '../../sealing/master-key.ts'
import { decodeRecord, encodeRecord, type StoredGrant } from './record.ts'
import type { ReservedFile } from './reserved-file.ts'

/** What the sealing half works with. */
export interface Sealing {
  engine: Engine
  aside: Aside
  key: MasterKey
}

/** What became of a grant, and the number that a store that hosts share knows it by. */
export interface Written {
  outcome: Outcome
  number?: number
}

/**
 * Nobody counts so far, but a record that cannot be opened may say any number, and the one after it might
 * be none that can be written. What follows is epoch ms, which is above all that was counted.
 */
const largestCount = 2 ** 50

interface Putting {
  held: HeldRecord | undefined
  stamp: Stamp | undefined
  isWanted: () => boolean
  attempt: Attempt | undefined
}

/** The sealed grants of one kind: in the engine, or aside while that cannot be written. */
export class SealedGrants {
  readonly #engine: Engine
  readonly #aside: Aside
  readonly #key: MasterKey
  readonly #kind: RecordKind

  constructor({ engine, aside, key }: Sealing, kind: RecordKind) {
    this.#engine = engine
    this.#aside = aside
    this.#key = key
    this.#kind = kind
  }

  /** The newest grant of an account; undefined where there is none. @throws StoreUnreadableError */
  async read(user: string): Promise<StoredGrant | undefined> {
    return this.newestOf(user, await this.#held(user))
  }

  /** The same, where the engine holds this. @throws StoreUnreadableError */
  newestOf(user: string, held: HeldRecord | undefined): StoredGrant | undefined {
    const aside = this.readAside(user)
    if (aside === undefined) return this.#open(user, held)
    const kept = ifReadable(() => this.#open(user, held))
    const isAsideNewest =
      aside.lineage === undefined
        ? kept === undefined || kept.refreshedAt < aside.refreshedAt
        : placeOf(aside, aside.lineage, { held, kept }) === 'free'
    return isAsideNewest ? aside : kept
  }

  /** The grant that had to be put aside; undefined where there is none that can be read. */
  readAside(user: string): StoredGrant | undefined {
    return ifReadable(() => this.#open(user, this.#ofKind(this.#aside.list([user]))))
  }

  /**
   * Puts the grant in place of the account's older one, durably, and removes what was put aside. A newer
   * sign-in stays: one at another issuer has a renewer of its own, and one that was slow may come while the
   * older one is refreshed. In a store that hosts share one that was
   * overtaken there is dropped. Nothing is written once `isWanted` says no. @throws NodeJS.ErrnoException
   */
  async write(
    grant: StoredGrant,
    isWanted: () => boolean,
    attempt: Attempt | undefined,
  ): Promise<Written> {
    const first = await this.#putAfterClaimed(grant, isWanted)
    if (first !== undefined) return first
    for (;;) {
      const held = await this.#held(grant.user)
      // Nothing is awaited from here on: what is checked still holds when the engine is asked.
      if (!isWanted()) return { outcome: 'durable' }
      const kept = ifReadable(() => this.#open(grant.user, held))
      if (grant.lineage === undefined && isOvertaken(grant, kept)) return { outcome: 'durable' }
      const place = grant.lineage && placeOf(grant, grant.lineage, { held, kept })
      const stamp = this.#stampFor(grant, held)
      const written = stamp === undefined ? {} : { number: stamp.number }
      const isSettled = place !== undefined && place !== 'free'
      if (isSettled || (await this.#put(grant, { held, stamp, isWanted, attempt })) === 'durable') {
        this.removeAside(grant.user)
        return { outcome: place === 'taken' ? 'superseded' : 'durable', ...written }
      }
    }
  }

  /** Puts the grant aside; false where that cannot be written either. */
  writeAside(grant: StoredGrant, reserved?: ReservedFile): boolean {
    return this.#aside.write({ user: grant.user, kind: this.#kind }, this.#seal(grant), reserved)
  }

  /** Makes room for the account's next grant. @throws StoreLockedError, StoreUnreadableError */
  reserve(user: string): Promise<Attempt> {
    return this.#engine.begin({ user, kind: this.#kind })
  }

  /** Makes room for it aside; undefined where there is none. */
  reserveAside(user: string): ReservedFile | undefined {
    return this.#aside.reserve({ user, kind: this.#kind })
  }

  /** Removes an account's grant for good; false where there was none. @throws StoreUnreadableError */
  async remove(user: string, usedBy?: readonly string[]): Promise<boolean> {
    const key = { user, kind: this.#kind }
    const wasAside = this.#aside.remove(key)
    return (await this.#engine.remove(key, usedBy)) || wasAside
  }

  /** Removes what was put aside, or leaves it to be found older than what the engine holds. */
  removeAside(user: string): void {
    ifReadable(() => this.#aside.remove({ user, kind: this.#kind }))
  }

  async #held(user: string): Promise<HeldRecord | undefined> {
    return this.#ofKind(await this.#engine.list([user]))
  }

  #ofKind(records: readonly HeldRecord[]): HeldRecord | undefined {
    return records.find(({ kind }) => kind === this.#kind)
  }

  /** Without reading first, since a rotated refresh token exists nowhere else until it is written. */
  async #putAfterClaimed(
    grant: StoredGrant,
    isWanted: () => boolean,
  ): Promise<Written | undefined> {
    const { user, lineage } = grant
    if (lineage === undefined || lineage.isSignIn || !isWanted()) return undefined
    const stamp = { number: lineage.number + 1, job: lineage.job }
    const sealed = this.#seal(withoutLineage(grant), stamp)
    const key = { user, kind: this.#kind }
    const outcome = await this.#engine.put(key, sealed, lineage.revision, stamp)
    if (outcome === 'superseded') return undefined
    this.removeAside(user)
    return { outcome, number: stamp.number }
  }

  async #put(grant: StoredGrant, { held, stamp, isWanted, attempt }: Putting): Promise<Outcome> {
    const sealed = this.#seal(withoutLineage(grant), stamp)
    const expected = held?.revision
    const outcome = await committed(() => attempt?.commit(sealed, expected, stamp))
    if (outcome !== undefined || !isWanted()) return outcome ?? 'superseded'
    return this.#engine.put({ user: grant.user, kind: this.#kind }, sealed, expected, stamp)
  }

  #stampFor(grant: StoredGrant, held: HeldRecord | undefined): Stamp | undefined {
    if (this.#engine.shared === undefined) return undefined
    const { lineage } = grant
    const { number: before = 0, job } = held?.stamp ?? {}
    const isOurs = lineage !== undefined && job === lineage.job
    const last = isOurs ? before - 1 : Math.max(before, lineage?.number ?? 0)
    const number = last < largestCount ? last + 1 : grant.refreshedAt
    return { number, job: lineage?.job ?? randomUUID() }
  }

  #seal(grant: StoredGrant, stamp?: Stamp): Buffer {
    const associated = stamp && numberBytes(stamp.number)
    return sealEnvelope(
      { user: grant.user, kind: this.#kind, associated },
      encodeRecord(grant),
      this.#key,
    )
  }

  #open(user: string, held: HeldRecord | undefined): StoredGrant | undefined {
    const sealed = held?.read()
    if (held === undefined || sealed === undefined) return undefined
    const associated = held.stamp && numberBytes(held.stamp.number)
    const opened = openEnvelope({ user, kind: this.#kind, associated }, sealed, this.#key)
    if ('defect' in opened) throw unreadable(user, held, opened.defect)
    const grant = decodeRecord(opened.plaintext)
    if (grant?.user !== user) throw unreadable(user, held, 'its fields are not those of a grant')
    return grant
  }
}

/** What became of it in the room that was made for it; undefined where there is none, or it fails. */
async function committed(commit: () => Promise<Outcome> | undefined): Promise<Outcome | undefined> {
  try {
    return await commit()
  } catch (error) {
    if (isSystemError(error) || isCmsOauthError(error)) return undefined
    throw error
  }
}

function unreadable(user: string, { place }: HeldRecord, defect: string): StoreUnreadableError {
  const message = `the record of "${user}" in "${place}" cannot be read: ${defect}`
  return new StoreUnreadableError(message, {
    hint: `restore it from a backup, or run "cms-oauth login ${user}", which replaces it`,
  })
}

function isOvertaken(grant: StoredGrant, present: StoredGrant | undefined): boolean {
  return present !== undefined && present.signedInAt > grant.signedInAt
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isCmsOauthError(error)) return undefined
    throw error
  }
}
