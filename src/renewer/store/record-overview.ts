import type { Account } from '../../accounts/account.ts'
import { isCmsOauthError } from '../../errors.ts'
import type { OtherRecord, RecordSummary } from '../../messages/renewer-jobs.ts'
import { addressHashOf } from '../../sealing/address-hash.ts'
import type { RecordKind } from '../../sealing/envelope.ts'
import type { HeldRecord } from './engine.ts'
import type { StoredGrant } from './record.ts'
import type { Sealing } from './sealed-grants.ts'

/** What the store holds at a moment. */
export interface StoreContents {
  /** Whose records there are, as far as they say it. */
  owners: () => Set<string>
  /**
   * A user's newest grant of a kind; undefined: there is none.
   * @throws StoreUnreadableError, InsecureFileModeError for a record that cannot be used
   */
  newest: (user: string, kind: RecordKind) => StoredGrant | undefined
}

/** What the store holds, without what is secret of it; no lock is waited for. */
export class RecordOverview {
  readonly #look: (users?: readonly string[]) => Promise<StoreContents>

  /** `look` sees what there is of these users, or of everybody. */
  constructor(look: (users?: readonly string[]) => Promise<StoreContents>) {
    this.#look = look
  }

  /** Which of these accounts have a record. */
  async list(users: readonly string[]): Promise<RecordSummary[]> {
    const contents = await this.#look(users)
    return users.flatMap((user) => {
      const { grant, isDamaged } = find(contents, user, 'grant')
      if (isDamaged) return { user, signedInAt: 0, refreshedAt: 0 }
      if (grant === undefined) return []
      return { user, signedInAt: grant.signedInAt, refreshedAt: grant.refreshedAt }
    })
  }

  /** The records of all but these accounts, also unconfirmed ones. @throws NodeJS.ErrnoException */
  async listOthers(users: readonly string[]): Promise<OtherRecord[]> {
    const known = new Set(users)
    const contents = await this.#look()
    return [...contents.owners()]
      .filter((user) => !known.has(user))
      .toSorted()
      .map((user) => {
        const { isDamaged, grant = find(contents, user, 'unconfirmed').grant } = find(
          contents,
          user,
          'grant',
        )
        if (isDamaged || grant === undefined) return { user, signedInAt: 0, issuer: '' }
        return { user, signedInAt: grant.signedInAt, issuer: grant.issuer ?? '' }
      })
  }

  /** The unconfirmed grants of these accounts, as far as they can be read. */
  async listUnconfirmed(users: readonly string[]): Promise<StoredGrant[]> {
    const contents = await this.#look(users)
    return users.flatMap((user) => find(contents, user, 'unconfirmed').grant ?? [])
  }

  /** True where an account is signed in there as one of these; by whoever it may be where there are none. */
  async hasSignInOf(
    { issuer, clientId }: Pick<Account, 'issuer' | 'clientId'>,
    addresses: readonly string[],
  ): Promise<boolean> {
    const wanted = new Set(addresses.map((address) => address.toLowerCase()))
    const contents = await this.#look()
    return [...contents.owners()].some((owner) => {
      const { grant } = find(contents, owner, 'grant')
      return (
        grant?.clientId === clientId &&
        (grant.issuer ?? issuer) === issuer &&
        (wanted.size === 0 || wanted.has((grant.identity ?? owner).toLowerCase()))
      )
    })
  }
}

/** What an engine holds of these users, or of everybody, and what lies aside of them. */
export async function lookInto(
  { engine, aside }: Pick<Sealing, 'engine' | 'aside'>,
  newestOf: (
    user: string,
    kind: RecordKind,
    held: HeldRecord | undefined,
  ) => StoredGrant | undefined,
  users?: readonly string[],
): Promise<StoreContents> {
  const held = await engine.list(users)
  const byName = new Map(
    held.map((record) => [nameOf(record.addressHash, record.kind), record] as const),
  )
  return {
    owners: () => new Set([...held, ...aside.list(users)].flatMap(({ user }) => user ?? [])),
    newest: (user, kind) => newestOf(user, kind, byName.get(nameOf(addressHashOf(user), kind))),
  }
}

function nameOf(addressHash: string, kind: RecordKind): string {
  return `${addressHash} ${kind}`
}

function find(
  { newest }: StoreContents,
  user: string,
  kind: RecordKind,
): { grant?: StoredGrant | undefined; isDamaged: boolean } {
  try {
    return { grant: newest(user, kind), isDamaged: false }
  } catch (error) {
    if (isCmsOauthError(error)) return { isDamaged: true }
    throw error
  }
}
