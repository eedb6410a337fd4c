import { isCmsOauthError, StoreUnreadableError } from '../../errors.ts'
import { isSystemError } from '../../files/system-error.ts'
import type { Aside } from './aside.ts'
import type { Attempt, Engine, HeldRecord, Outcome, Revision } from './engine.ts'
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
    return kept !== undefined && kept.refreshedAt >= aside.refreshedAt ? kept : aside
  }

  /** The grant that had to be put aside; undefined where there is none that can be read. */
  readAside(user: string): StoredGrant | undefined {
    return ifReadable(() => this.#open(user, this.#ofKind(this.#aside.list([user]))))
  }

  /**
   * Puts the grant in place of the account's older one, durably, and removes what was put aside. A newer
   * sign-in at another issuer stays: it has a renewer of its own. Nothing is written once `isWanted`
   * says no. @throws NodeJS.ErrnoException
   */
  async write(
    grant: StoredGrant,
    isWanted: () => boolean,
    attempt: Attempt | undefined,
  ): Promise<void> {
    const sealed = this.#seal(grant)
    const put = async (expected: Revision): Promise<Outcome> => {
      const outcome = await committed(attempt, sealed, expected)
      if (outcome !== undefined || !isWanted()) return outcome ?? 'superseded'
      return this.#engine.put({ user: grant.user, kind: this.#kind }, sealed, expected)
    }
    for (;;) {
      const present = await this.#held(grant.user)
      // Nothing is awaited from here on: what is checked still holds when the engine is asked.
      if (!isWanted()) return
      const kept = ifReadable(() => this.#open(grant.user, present))
      if (isOvertaken(grant, kept)) return
      if ((await put(present?.revision)) === 'durable') return this.removeAside(grant.user)
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
  async remove(user: string): Promise<boolean> {
    const key = { user, kind: this.#kind }
    const wasAside = this.#aside.remove(key)
    return (await this.#engine.remove(key)) || wasAside
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

  #seal(grant: StoredGrant): Buffer {
    return sealEnvelope(grant.user, encodeRecord(grant), this.#key, this.#kind)
  }

  #open(user: string, held: HeldRecord | undefined): StoredGrant | undefined {
    const sealed = held?.read()
    if (held === undefined || sealed === undefined) return undefined
    const opened = openEnvelope(user, sealed, this.#key, this.#kind)
    if ('defect' in opened) throw unreadable(user, held, opened.defect)
    const grant = decodeRecord(opened.plaintext)
    if (grant?.user !== user) throw unreadable(user, held, 'its fields are not those of a grant')
    return grant
  }
}

/** What became of it in the room that was made for it; undefined where there is none, or it fails. */
async function committed(
  attempt: Attempt | undefined,
  sealed: Buffer,
  expected: Revision,
): Promise<Outcome | undefined> {
  try {
    return await attempt?.commit(sealed, expected)
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
  return (
    present !== undefined &&
    present.issuer !== grant.issuer &&
    present.signedInAt > grant.signedInAt
  )
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isCmsOauthError(error)) return undefined
    throw error
  }
}
