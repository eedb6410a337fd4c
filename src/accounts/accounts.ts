import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../configuration/configuration.ts'
import type { SendingApi } from '../provider-facts/sending/sending-api.ts'
import type { Protocol } from '../sasl/output-format.ts'
import { type Account, createAccount, signInOwner } from './account.ts'

/** The accounts of one configuration; never changes. */
export class Accounts {
  readonly #accounts: ReadonlyMap<string, Account>
  readonly #sharers = new Map<string, string[]>()

  private constructor(accounts: readonly Account[]) {
    this.#accounts = new Map(accounts.map((account) => [account.user, account]))
    for (const { user, signInWith } of accounts) {
      if (signInWith === undefined) continue
      this.#sharers.set(signInWith, [...(this.#sharers.get(signInWith) ?? []), user])
    }
  }

  /** The accounts, with everything derived from the sockets, files, bridges and outboxes that use them. */
  static from({ accounts, sockets, tokenFiles, bridges, outboxes }: Configuration): Accounts {
    const forAll = new Set<Protocol>()
    const byUser = new Map<string, Set<Protocol>>()
    const add = (user: string, protocol: Protocol) =>
      byUser.set(user, (byUser.get(user) ?? new Set()).add(protocol))
    for (const { accounts: users, protocols } of sockets) {
      for (const protocol of protocols) {
        if (users === undefined) forAll.add(protocol)
        for (const user of users ?? []) add(user, protocol)
      }
    }
    for (const { account, protocol } of tokenFiles) add(account, protocol)
    for (const { accounts: users, protocol } of bridges) {
      for (const { user } of users) add(user, protocol)
    }
    const sendsBy = new Map<string, SendingApi>()
    for (const { account, route } of outboxes) {
      if (route.via === 'smtp') add(account, 'SMTP')
      else sendsBy.set(account, route.via)
    }
    const created = accounts.map((account) => {
      const { user } = account
      const protocols = new Set([...forAll, ...(byUser.get(user) ?? [])])
      return createAccount(account, [...protocols], sendsBy.get(user))
    })
    return new Accounts(withSharedSignIns(created))
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
  for (const { signInWith, scopes } of accounts) {
    if (signInWith === undefined) continue
    scopesByOwner.set(signInWith, [...(scopesByOwner.get(signInWith) ?? []), ...scopes])
  }
  return accounts.map((account) => {
    const { user, scopes, signInWith } = account
    if (signInWith !== undefined) {
      return { ...account, loginHint: hints.get(signInWith) ?? signInWith }
    }
    const more = scopesByOwner.get(user)
    return more === undefined
      ? account
      : { ...account, consentScopes: [...new Set([...scopes, ...more])] }
  })
}

/** What a reload changes. */
export interface AccountsDifference {
  added: Account[]
  removed: Account[]
  /** As they are after the reload. */
  changed: Account[]
}

/** Compares two configurations account by account. */
export function diffAccounts(before: Accounts, after: Accounts): AccountsDifference {
  const added: Account[] = []
  const changed: Account[] = []
  for (const account of after.all()) {
    const old = before.find(account.user)
    if (old === undefined) added.push(account)
    else if (!isDeepStrictEqual(old, account)) changed.push(account)
  }
  const removed = [...before.all()].filter(({ user }) => after.find(user) === undefined)
  return { added, removed, changed }
}
