import { type Account, needsSignIn, signInOwner } from '../../accounts/account.ts'
import type { UnusedSignIn } from '../../messages/control-api.ts'
import type { StoredRecords } from '../../messages/renewer-jobs.ts'
import { isoTime } from '../../schedule/iso-time.ts'

/** A record of the store, as far as it is known here. */
interface KnownRecord {
  /** Epoch ms; 0 or absent: not known. */
  signedInAt?: number | undefined
  /** Who gave it, where that is known. */
  issuer?: string
}

/**
 * The sign-ins in the store that no account of the configuration uses: the account was taken out, its
 * address is spelled in another way now, or it gets its tokens by another sign-in, or by none.
 */
export class UnusedSignIns {
  readonly #accounts: () => Iterable<Account>
  readonly #known = new Map<string, KnownRecord>()

  /** `accounts` are those in force. */
  constructor(accounts: () => Iterable<Account>) {
    this.#accounts = accounts
  }

  /** Takes what the store holds at the start. */
  take({ records, others }: StoredRecords): void {
    for (const { user, ...record } of [...records, ...others]) this.#known.set(user, record)
  }

  /** Notes that there is a record for the address. */
  note(user: string, record: KnownRecord): void {
    this.#known.set(user, record)
  }

  /** Forgets what there was for the address. */
  drop(user: string): void {
    this.#known.delete(user)
  }

  /** What is known of a record that nobody uses; undefined: there is none for the address. */
  find(user: string): KnownRecord | undefined {
    return this.all().some((unused) => unused.user === user) ? this.#known.get(user) : undefined
  }

  /** As the control socket tells them. */
  all(): UnusedSignIn[] {
    const accounts = [...this.#accounts()]
    const used = new Set(accounts.filter(needsSignIn).map(signInOwner))
    return [...this.#known]
      .filter(([user]) => !used.has(user))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([user, { signedInAt = 0 }]) => {
        const account = accounts.find((each) => each.user === user)
        return {
          user,
          signed_in_at: signedInAt === 0 ? null : isoTime(signedInAt),
          reason: account === undefined ? reasonWithout(user, accounts) : reasonWith(account),
        }
      })
  }
}

function reasonWithout(user: string, accounts: readonly Account[]): string {
  const twin = accounts.find((account) => account.user.toLowerCase() === user.toLowerCase())
  return twin === undefined
    ? 'it is not configured'
    : `it is configured as "${twin.user}": case matters`
}

function reasonWith({ grant, signInWith }: Account): string {
  return signInWith === undefined
    ? `grant = "${grant}" needs no sign-in`
    : `it uses the sign-in of ${signInWith} now`
}
