import { isCmsOauthError } from '../../errors.ts'
import type { UnsavedGrant } from '../../messages/renewer-messages.ts'
import type { RecordKind } from '../../sealing/envelope.ts'
import type { Claims } from './claims.ts'
import { type Claim, type ClaimRequest, type ClaimResult, loneClaim } from './claim.ts'
import { withoutLineage } from './lineage.ts'
import { lookInto, RecordOverview } from './record-overview.ts'
import type { StoredGrant } from './record.ts'
import { notTaken, Reservation, type Saved } from './reservation.ts'
import { type Sealing, SealedGrants, type Written } from './sealed-grants.ts'
import type { SharedState } from './shared-state.ts'
import { type Reserved, UnsavedGrants } from './unsaved-grants.ts'

/** What a store does with grants, whatever engine keeps them. */
export interface StoreOptions {
  /** A grant that the engine had refused has been saved. */
  onDurable: (user: string) => void
  /** Told whose grants the engine has not taken yet, at each change. */
  onUnsaved?: (grants: UnsavedGrant[]) => void
  /** How long closing goes on trying to save them. */
  closeLimitMs?: number
  /** True where a successor takes over what was put aside: it must not be kept waiting. */
  isSuccessorDue?: () => boolean
}

const defaultCloseLimitMs = 60_000
/** Many times what an engine over the network takes. */
const slowEngineMs = 1_000

/** Grants by account, each a sealed record of its own, whatever engine keeps them. */
export class Store {
  readonly #options: StoreOptions
  readonly #sealing: Sealing
  readonly #claims: Claims | undefined
  readonly #grants: Record<RecordKind, SealedGrants>
  readonly #unsaved: Record<RecordKind, UnsavedGrants>
  #isHeld = false
  /** What it holds: for that no lock is waited for. */
  readonly overview: RecordOverview

  /** With `claims` where hosts share the store. */
  constructor(options: StoreOptions, sealing: Sealing, claims?: Claims) {
    this.#options = options
    this.#sealing = sealing
    this.#claims = claims
    this.#grants = {
      grant: new SealedGrants(sealing, 'grant'),
      unconfirmed: new SealedGrants(sealing, 'unconfirmed'),
    }
    this.#unsaved = {
      grant: this.#unsavedOf('grant', (grant, written) => {
        const told = this.#tellWritten(grant, written)
        options.onDurable(grant.user)
        return told
      }),
      unconfirmed: this.#unsavedOf('unconfirmed', async () => {}),
    }
    const newestOf: Parameters<typeof lookInto>[1] = (user, kind, held) =>
      this.#unsaved[kind].find(user) ?? this.#grants[kind].newestOf(user, held)
    this.overview = new RecordOverview((users) => lookInto(sealing, newestOf, users))
  }

  /** The engine of hosts that share the store; undefined: there is none. */
  get shared(): Pick<SharedState, 'name' | 'clockAheadMs'> | undefined {
    return this.#sealing.engine.shared
  }

  /** Resolves while nobody else works for the issuer. @throws StoreLockedError, StoreUnreadableError */
  async hold(): Promise<void> {
    await this.#sealing.engine.begin()
    this.#isHeld = true
  }

  /**
   * The newest grant of an account, undefined where there is none.
   * @throws StoreUnreadableError for a damaged record, StoreLockedError
   */
  async read(user: string): Promise<StoredGrant | undefined> {
    const grant = await this.#read(user, 'grant')
    return grant && withoutLineage(grant)
  }

  /** The same under a claim. @throws StoreLockedError also where it is not the one that was claimed */
  async readUnder(claim: Claim, user: string): Promise<StoredGrant | undefined> {
    const lineage = claim.lineage('refresh')
    if (lineage === undefined) return this.read(user)
    const records = await this.#sealing.engine.list([user])
    const held = records.find(({ kind }) => kind === 'grant')
    if (held?.revision !== lineage.revision) throw claim.overtaken()
    return this.#grants.grant.newestOf(user, held)
  }

  /**
   * The grant that was issued for an account without proof that it is the account's; undefined where
   * there is none. It is never used as it is. @throws as `read` does
   */
  readUnconfirmed(user: string): Promise<StoredGrant | undefined> {
    return this.#read(user, 'unconfirmed')
  }

  /**
   * Makes room for a grant of the account before a provider is asked for it, so that a full disk costs
   * nothing that a provider has rotated. With `mayFallBack` a disk that has no room is not a reason to
   * give up: what comes is put aside, or kept in memory, until the disk takes it.
   * @throws StoreLockedError also where there is no room, StoreUnreadableError; never with `mayFallBack`
   */
  async reserve(
    user: string,
    { kind, mayFallBack }: { kind: RecordKind; mayFallBack: boolean },
  ): Promise<Reservation> {
    const save = (grant: StoredGrant, reserved: Reserved) => this.#save(kind, grant, reserved)
    try {
      await this.hold()
      return new Reservation(save, { attempt: await this.#grants[kind].reserve(user) })
    } catch (error) {
      if (!mayFallBack || !isCmsOauthError(error)) throw error
      return new Reservation(save, { aside: this.#grants[kind].reserveAside(user) })
    }
  }

  /**
   * Saves a grant in place of the account's older one. Where the disk refuses or another host holds
   * the store, the grant is put aside and tried again until saved; `isDurable` is false then.
   */
  save(grant: StoredGrant): Promise<Saved> {
    return this.#save('grant', grant)
  }

  /**
   * Claims an account before its provider is asked; where no other host shares the store it is always
   * ours. What an earlier claim got, and the engine has not taken yet, is tried again first.
   * @throws CmsOauthError where the engine cannot be asked, or what the provider said to another host
   */
  async claim(request: ClaimRequest): Promise<ClaimResult> {
    if (this.#claims === undefined) return { kind: 'mine', claim: loneClaim }
    const { owner } = request
    if (this.#grants.grant.readAside(owner) !== undefined) await this.#read(owner, 'grant')
    if (this.#unsaved.grant.find(owner) !== undefined) await this.#unsaved.grant.retry()
    if (this.#unsaved.grant.find(owner) !== undefined) throw notTaken(owner)
    return this.#claims.claim(request)
  }

  /**
   * Removes what there is of an account, also unconfirmed, and what hosts share of the tokens that
   * others have by it; false where there was no grant. The grant goes last: where that fails, the account is
   * still signed in. @throws StoreLockedError, StoreUnreadableError
   */
  async remove(user: string, usedBy: readonly string[] = []): Promise<boolean> {
    await this.hold()
    await this.#drop(user, 'unconfirmed')
    return this.#drop(user, 'grant', usedBy)
  }

  /** Removes an account's unconfirmed grant; false where there was none. @throws as `remove` does */
  async removeUnconfirmed(user: string): Promise<boolean> {
    await this.hold()
    return this.#drop(user, 'unconfirmed')
  }

  /** Saves what an earlier process had to put aside, as far as the engine takes it. */
  async replay(): Promise<void> {
    for (const { user, kind } of this.#sealing.aside.list()) {
      if (user === undefined) continue
      await this.#read(user, kind).catch((error: unknown) => {
        // It is tried again when the account is asked for.
        if (!isCmsOauthError(error)) throw error
      })
    }
  }

  /** Goes on trying to save what is unsaved for a minute, and releases the store. */
  async close(): Promise<void> {
    const { closeLimitMs = defaultCloseLimitMs, isSuccessorDue = () => false } = this.#options
    await Promise.all(
      Object.values(this.#unsaved).map((unsaved) => unsaved.close(closeLimitMs, isSuccessorDue)),
    )
    await this.#sealing.engine.close()
  }

  async #save(kind: RecordKind, grant: StoredGrant, reserved?: Reserved): Promise<Saved> {
    const written = await this.#unsaved[kind].save(grant, reserved)
    await this.#tellWritten(grant, written)
    return { isDurable: written !== undefined }
  }

  async #tellWritten({ user, lineage }: StoredGrant, written: Written | undefined): Promise<void> {
    if (lineage !== undefined) await this.#claims?.wasWritten(user, lineage, written)
  }

  #unsavedOf(
    kind: RecordKind,
    onSettled: (grant: StoredGrant, written: Written) => Promise<void>,
  ): UnsavedGrants {
    return new UnsavedGrants({
      hold: () => this.hold(),
      isHeld: () => this.#isHeld,
      grants: this.#grants[kind],
      ...(this.#claims === undefined ? {} : { asideAfterMs: slowEngineMs }),
      onSettled,
      onChange: () => this.#tellUnsaved(),
    })
  }

  #tellUnsaved(): void {
    const { grant, unconfirmed } = this.#unsaved
    this.#options.onUnsaved?.([...grant.all, ...unconfirmed.all])
  }

  async #read(user: string, kind: RecordKind): Promise<StoredGrant | undefined> {
    await this.hold()
    if (kind === 'unconfirmed') await this.#dropSignedOut(user)
    const grant = await this.#newest(user, kind)
    // What a predecessor had to put aside goes where it belongs as soon as it can. Nothing is awaited
    // after it was looked for: what has been saved since is not aside any more.
    const aside = this.#grants[kind].readAside(user)
    if (aside === undefined || this.#unsaved[kind].find(user) !== undefined) return grant
    if (aside.lineage !== undefined && grant?.lineage === undefined) {
      this.#grants[kind].removeAside(user)
      await this.#claims?.wasSettled(user, aside.lineage)
    } else if (grant !== undefined) await this.#save(kind, grant)
    return grant
  }

  /** What a predecessor put aside of a sign-in that a logout at another host has overtaken since. */
  async #dropSignedOut(user: string): Promise<void> {
    const { unconfirmed } = this.#grants
    const isThere = () =>
      this.#unsaved.unconfirmed.find(user) === undefined &&
      unconfirmed.readAside(user)?.isReplacement === true
    if (!isThere()) return
    const [signIn] = await this.overview.list([user])
    // A later one may have come meanwhile.
    if (signIn === undefined && isThere()) unconfirmed.removeAside(user)
  }

  async #drop(user: string, kind: RecordKind, usedBy?: readonly string[]): Promise<boolean> {
    const wasUnsaved = this.#unsaved[kind].drop(user)
    return (await this.#grants[kind].remove(user, usedBy)) || wasUnsaved
  }

  async #newest(user: string, kind: RecordKind): Promise<StoredGrant | undefined> {
    const kept = this.#unsaved[kind].find(user) ?? (await this.#grants[kind].read(user))
    // One may have come meanwhile.
    return this.#unsaved[kind].find(user) ?? kept
  }
}
