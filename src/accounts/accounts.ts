import { isDeepStrictEqual } from 'node:util'
import type { AccountConfiguration, Configuration } from '../configuration/configuration.ts'
import { senderOf } from '../configuration/outbox-configuration.ts'
import type { SendingApi } from '../provider-facts/sending/sending-api.ts'
import type { Protocol } from '../sasl/output-format.ts'
import { mapInTurns } from '../schedule/in-turns.ts'
import { type Account, createAccount, signInOwner } from './account.ts'
import { createSharer } from './share-equal.ts'

/** The accounts of one configuration; never changes. */
export class Accounts {
  readonly #accounts: ReadonlyMap<string, Account>
  readonly #sharers = new Map<string, string[]>()

  private constructor(accounts: readonly Account[]) {
    this.#accounts = new Map(accounts.map((account) => [account.user, account]))
    for (const { user, signInWith } of accounts) {
      if (signInWith !== undefined) listUnder(this.#sharers, signInWith).push(user)
    }
  }

  /** The accounts, with everything derived from the sockets, files, bridges and outboxes that use them. */
  static from(configuration: Configuration): Accounts {
    const create = creatorFor(configuration)
    return new Accounts(withSharedSignIns(configuration.accounts.map(create)))
  }

  /** The same beside other work: a few accounts in each turn of the event loop. */
  static async fromInTurns(configuration: Configuration): Promise<Accounts> {
    const accounts = await mapInTurns(configuration.accounts, creatorFor(configuration))
    return new Accounts(withSharedSignIns(accounts))
  }

  /** The account with exactly this address. */
  find(user: string): Account | undefined {
    return this.#accounts.get(user)
  }

  /** Who else uses the sign-in of this account. */
  sharersOf(owner: string): readonly string[] {
    return this.#sharers.get(owner) ?? []
  }

  /** In the order of the configuration. */
  all(): Iterable<Account> {
    return this.#accounts.values()
  }
}

/** Makes accounts for the protocols of whatever uses them. */
function creatorFor({ sockets, tokenFiles, bridges, outboxes }: Configuration) {
  const forAll = new Set<Protocol>()
  const byUser = new Map<string, Protocol[]>()
  for (const { accounts: users, protocols } of sockets) {
    for (const protocol of protocols) {
      if (users === undefined) forAll.add(protocol)
      for (const user of users ?? []) listUnder(byUser, user).push(protocol)
    }
  }
  for (const { account, protocol } of tokenFiles) listUnder(byUser, account).push(protocol)
  for (const { accounts: users, protocol } of bridges) {
    for (const { user } of users) listUnder(byUser, user).push(protocol)
  }
  const sendsBy = new Map<string, SendingApi>()
  for (const outbox of outboxes) {
    const { account, route } = outbox
    if (route.via === 'smtp') listUnder(byUser, account).push('SMTP')
    else sendsBy.set(senderOf(outbox), route.via)
  }
  const share = createSharer()
  return (account: AccountConfiguration): Account => {
    const protocols = new Set([...forAll, ...(byUser.get(account.user) ?? [])])
    return withShared(createAccount(account, [...protocols], sendsBy.get(account.user)), share)
  }
}

/** Of 10,000 accounts of one provider each takes 0.4 KiB less. */
function withShared(account: Account, share: ReturnType<typeof createSharer>): Account {
  const { clientId, grant, saslUser, scopes, endpoints, redirectUri, issuer } = account
  return {
    ...account,
    clientId: share(clientId),
    grant: share(grant),
    saslUser: share(saslUser),
    scopes: share(scopes),
    endpoints: share(endpoints),
    redirectUri: share(redirectUri),
    issuer: share(issuer),
  }
}

/** The list by this name, which is there from now on. */
function listUnder<T>(lists: Map<string, T[]>, name: string): T[] {
  const list = lists.get(name) ?? []
  lists.set(name, list)
  return list
}

/** The accounts whose sign-ins these accounts use, each once, and who signs in there. */
export function signInOwners(accounts: Iterable<Account>): Pick<Account, 'user' | 'loginHint'>[] {
  const owners = new Map<string, string>()
  for (const account of accounts) owners.set(signInOwner(account), account.loginHint)
  return Array.from(owners, ([user, loginHint]) => ({ user, loginHint }))
}

/**
 * One consent covers all accounts that use a sign-in; `consentScopes` of the account that signs in
 * lists what they need.
 */
function withSharedSignIns(accounts: readonly Account[]): Account[] {
  const hints = new Map(accounts.map(({ user, loginHint }) => [user, loginHint]))
  const scopesByOwner = new Map<string, string[]>()
  const sentWith = new Set<string>()
  for (const { signInWith, scopes, sendsBy } of accounts) {
    if (signInWith === undefined) continue
    listUnder(scopesByOwner, signInWith).push(...scopes)
    if (sendsBy !== undefined) sentWith.add(signInWith)
  }
  return accounts.map((account) => {
    const { user, scopes, signInWith } = account
    if (signInWith !== undefined) {
      return { ...account, loginHint: hints.get(signInWith) ?? signInWith }
    }
    const more = scopesByOwner.get(user)
    return more === undefined
      ? account
      : {
          ...account,
          consentScopes: [...new Set([...scopes, ...more])],
          ...(sentWith.has(user) ? { isSentWith: true } : {}),
        }
  })
}

/** What a reload changes. */
export interface AccountsDifference {
  added: Account[]
  removed: Account[]
  /** As they are after the reload. */
  changed: Account[]
}

/** Compares two configurations account by account, a few in each turn of the event loop. */
export async function diffAccounts(before: Accounts, after: Accounts): Promise<AccountsDifference> {
  const added: Account[] = []
  const changed: Account[] = []
  await mapInTurns(after.all(), (account) => {
    const old = before.find(account.user)
    if (old === undefined) added.push(account)
    else if (!isDeepStrictEqual(old, account)) changed.push(account)
  })
  const removed = [...before.all()].filter(({ user }) => after.find(user) === undefined)
  return { added, removed, changed }
}
