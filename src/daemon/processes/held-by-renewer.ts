import { type Account, signInOwner } from '../../accounts/account.ts'
import type { FromRenewer, UnsavedGrant } from '../../messages/renewer-messages.ts'

type Report = Extract<FromRenewer, { type: 'unsaved' | 'exchanges' }>

/** What would be lost with a renewer process, as it last reported it. */
export class HeldByRenewer {
  /** What is only in the renewer's memory, or aside. */
  #unsaved: readonly UnsavedGrant[] = []
  /** Accounts whose exchange with a provider is open: what it brings must be sealed. */
  #exchanges: ReadonlySet<string> = new Set<string>()
  /** The entries that their newest jobs were given with, by address. */
  readonly #accounts = new Map<string, Account>()
  /** Whose sign-ins its jobs were about. */
  readonly #owners = new Set<string>()

  get isNothing(): boolean {
    return this.#exchanges.size === 0 && this.#unsaved.length === 0
  }

  get unsaved(): readonly UnsavedGrant[] {
    return this.#unsaved
  }

  get exchanges(): ReadonlySet<string> {
    return this.#exchanges
  }

  /** Takes what it holds now. */
  update(report: Report): void {
    if (report.type === 'unsaved') this.#unsaved = report.grants
    else this.#exchanges = new Set(report.users)
  }

  /** An open exchange was asked for under the entry of that time, whatever a reload made of it. */
  noteAccount(account: Account): void {
    this.#owners.add(signInOwner(account))
    if (this.#exchanges.has(signInOwner(account))) return
    this.#accounts.set(account.user, account)
  }

  /** True where it may be about to present a refresh token of this sign-in. */
  mayPresent(owner: string): boolean {
    return this.#owners.has(owner)
  }

  /** The entry under which the exchange of a user was asked for. */
  accountOf(user: string): Account | undefined {
    return this.#accounts.get(user)
  }
}
