import { isCmsOauthError } from '../../errors.ts'
import type { OtherRecord, RecordSummary } from '../../messages/renewer-jobs.ts'
import type { RecordKind } from './envelope.ts'
import type { StoredGrant } from './record.ts'

interface OverviewOptions {
  /** Whose records there are, as far as they say it. */
  owners: () => Set<string>
  /** @throws StoreUnreadableError, InsecureFileModeError for a record that cannot be used */
  newest: (user: string, kind: RecordKind) => StoredGrant | undefined
}

/** What the store holds, without what is secret of it; waits for nobody. */
export class RecordOverview {
  readonly #options: OverviewOptions

  constructor(options: OverviewOptions) {
    this.#options = options
  }

  /** Which of these accounts have a record. */
  list(users: readonly string[]): RecordSummary[] {
    return users.flatMap((user) => {
      const { grant, isDamaged } = this.#find(user, 'grant')
      if (isDamaged) return { user, signedInAt: 0, refreshedAt: 0 }
      if (grant === undefined) return []
      return { user, signedInAt: grant.signedInAt, refreshedAt: grant.refreshedAt }
    })
  }

  /** The records of all but these accounts, also unconfirmed ones. @throws NodeJS.ErrnoException */
  listOthers(users: readonly string[]): OtherRecord[] {
    const known = new Set(users)
    return [...this.#options.owners()]
      .filter((user) => !known.has(user))
      .toSorted()
      .map((user) => {
        const { isDamaged, grant = this.#find(user, 'unconfirmed').grant } = this.#find(
          user,
          'grant',
        )
        if (isDamaged || grant === undefined) return { user, signedInAt: 0, issuer: '' }
        return { user, signedInAt: grant.signedInAt, issuer: grant.issuer }
      })
  }

  /** The unconfirmed grants of these accounts, as far as they can be read. */
  listUnconfirmed(users: readonly string[]): StoredGrant[] {
    return users.flatMap((user) => this.#find(user, 'unconfirmed').grant ?? [])
  }

  /** True where an account is signed in there as one of these; by whoever it may be where there are none. */
  hasSignInOf(
    { issuer, clientId }: Pick<StoredGrant, 'issuer' | 'clientId'>,
    addresses: readonly string[],
  ): boolean {
    const wanted = new Set(addresses.map((address) => address.toLowerCase()))
    return [...this.#options.owners()].some((owner) => {
      const { grant } = this.#find(owner, 'grant')
      return (
        grant?.issuer === issuer &&
        grant.clientId === clientId &&
        (wanted.size === 0 || wanted.has((grant.identity ?? owner).toLowerCase()))
      )
    })
  }

  #find(user: string, kind: RecordKind): { grant?: StoredGrant | undefined; isDamaged: boolean } {
    try {
      return { grant: this.#options.newest(user, kind), isDamaged: false }
    } catch (error) {
      if (isCmsOauthError(error)) return { isDamaged: true }
      throw error
    }
  }
}
