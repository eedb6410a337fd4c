import { type Account, needsSignIn, signInOwner } from '../../accounts/account.ts'
import type { UnusedSignIn } from '../../messages/control-api.ts'
import type { RecordSummary, StoredRecords } from '../../messages/renewer-jobs.ts'
import { isoTime } from '../../schedule/iso-time.ts'

/** A sign-in of the store, as far as it is known here. */
interface StoredSignIn {
  /** Epoch ms; 0: not known. */
  signedInAt: number
  /** Who gave it; '' or absent: not known. */
  issuer?: string
}

interface Entry {
  /** When the daemon heard of it: 0 at the start, counted from then on. */
  moment: number
  /** Undefined: forgotten. */
  signIn: StoredSignIn | undefined
  /** Epoch ms of the newest logout by the store's clock; 0: none is known. */
  forgottenAt: number
}

/**
 * What the store holds: what it held at the start, and every sign-in that was sealed or forgotten since,
 * in the order in which the daemon heard of them, as a wall clock may be set back between two. Those that
 * no account of the configuration uses are told: the account was taken out, its address is spelled in
 * another way now, or it gets its tokens by another sign-in, or by none.
 */
export class StoredSignIns {
  readonly #accounts: () => Iterable<Account>
  readonly #entries = new Map<string, Entry>()
  #moment = 0
  /** This host's clock minus the store's, in ms: what hosts share is dated by the engine's clock. */
  hostClockAheadMs = 0

  /** `accounts` are those in force. */
  constructor(accounts: () => Iterable<Account>) {
    this.#accounts = accounts
  }

  /** Whatever is noted from now on is later than this. */
  get moment(): number {
    return this.#moment
  }

  /** Takes what the store holds at the start. */
  take({ records, others }: StoredRecords): void {
    const issuers = new Map(Array.from(this.#accounts(), ({ user, issuer }) => [user, issuer]))
    for (const { user, signedInAt } of records) {
      const issuer = issuers.get(user) ?? ''
      this.#entries.set(user, { moment: 0, signIn: { signedInAt, issuer }, forgottenAt: 0 })
    }
    for (const { user, ...signIn } of others) {
      this.#entries.set(user, { moment: 0, signIn, forgottenAt: 0 })
    }
  }

  /** Notes that a sign-in was sealed, whether or not an account is left that uses it. */
  note(owner: string, signIn: StoredSignIn): void {
    const { signIn: known, forgottenAt = 0 } = this.#entries.get(owner) ?? {}
    const moment = ++this.#moment
    this.#entries.set(owner, { moment, signIn: { ...known, ...signIn }, forgottenAt })
  }

  /** Notes that the store does not hold a sign-in for the address any more. */
  forget(owner: string): void {
    const moment = ++this.#moment
    const forgottenAt = Date.now() - this.hostClockAheadMs
    this.#entries.set(owner, { moment, signIn: undefined, forgottenAt })
  }

  /** True where a sign-in of then was signed out of since; epoch ms by the store's clock, as records have it. */
  isForgotten(owner: string, signedInAt: number): boolean {
    return signedInAt <= (this.#entries.get(owner)?.forgottenAt ?? 0)
  }

  /** What there is by now, where a reading of the store that began at a moment found these records. */
  bringUpToDate(records: readonly RecordSummary[], readAt: number): RecordSummary[] {
    const current = new Map(records.map((record) => [record.user, record]))
    for (const [user, { moment, signIn }] of this.#entries) {
      if (moment <= readAt) continue
      if (signIn === undefined) current.delete(user)
      // The reading may have found it too, and knows more of it.
      else if (current.get(user)?.signedInAt !== signIn.signedInAt)
        current.set(user, { user, signedInAt: signIn.signedInAt, refreshedAt: 0 })
    }
    return [...current.values()]
  }

  /** A sign-in of this address that no account uses; undefined: there is none. */
  findUnused(user: string): StoredSignIn | undefined {
    return this.#used().has(user) ? undefined : this.#entries.get(user)?.signIn
  }

  /** Those that nobody uses, as the control socket tells them. */
  unused(): UnusedSignIn[] {
    const used = this.#used()
    const unused = [...this.#entries].flatMap(([user, { signIn }]) =>
      signIn === undefined || used.has(user) ? [] : { user, signIn },
    )
    if (unused.length === 0) return []
    const accounts = new Map(Array.from(this.#accounts(), (account) => [account.user, account]))
    const twins = new Map(Array.from(accounts.values(), (one) => [one.user.toLowerCase(), one]))
    return unused
      .toSorted((a, b) => (a.user < b.user ? -1 : 1))
      .map(({ user, signIn: { signedInAt } }) => {
        const account = accounts.get(user)
        const twin = twins.get(user.toLowerCase())
        return {
          user,
          signed_in_at: signedInAt === 0 ? null : isoTime(signedInAt),
          reason: account === undefined ? reasonWithout(twin) : reasonWith(account),
        }
      })
  }

  /** Whose sign-ins are used. */
  #used(): Set<string> {
    return new Set(Array.from(this.#accounts()).filter(needsSignIn).map(signInOwner))
  }
}

function reasonWithout(twin: Account | undefined): string {
  return twin === undefined
    ? 'it is not configured'
    : `it is configured as "${twin.user}": case matters`
}

function reasonWith({ grant, signInWith }: Account): string {
  return signInWith === undefined
    ? `grant = "${grant}" needs no sign-in`
    : `it uses the sign-in of ${signInWith} now`
}
