import type { AccessRule } from '../configuration/access-rule.ts'
import { bridgeAccess } from '../configuration/bridge-access.ts'
import type { BridgeAccount, BridgeConfiguration } from '../configuration/configuration.ts'
import type { Claim } from '../sasl/server/exchange.ts'
import type { Remote } from './remote.ts'

/** Who may do what at one [[bridge]]; pure but for the names of users and groups. */
export class BridgeRules {
  readonly configuration: BridgeConfiguration
  readonly #access: AccessRule | undefined

  /** @throws ConfigInvalidError for a name that nobody has */
  constructor(configuration: BridgeConfiguration) {
    this.configuration = configuration
    this.#access = bridgeAccess(configuration)
  }

  /** True where programs may show a password. */
  get offersPasswords(): boolean {
    return this.configuration.callers.includes('password')
  }

  /** The account of this very address, in any case of letters. */
  findAccount(address: string): BridgeAccount | undefined {
    const wanted = address.toLowerCase()
    return this.configuration.accounts.find(({ user }) => user.toLowerCase() === wanted)
  }

  /** The account of a claim with a password that is good for it. */
  accountOf(claim: Claim): string | undefined {
    const account = this.accountNamed(claim)
    if (claim.password === undefined || account === undefined) return undefined
    const { accounts } = claim.password
    return accounts === undefined || accounts.includes(account) ? account : undefined
  }

  /** The account that a claim names, whatever its password. */
  accountNamed({ user, authorizationId }: Claim): string | undefined {
    const named = this.#accountOfName(user)
    if (named === undefined || authorizationId === '') return named
    return this.#accountOfName(authorizationId)
  }

  /** True for a caller that the kernel says is of a user in "allow". */
  admits(remote: Remote): boolean {
    return this.#whyNot(remote) === undefined
  }

  /** The account of a caller that the kernel names, with this sender. */
  accountOfCaller(remote: Remote, sender: string): { account: string } | { refusal: string } {
    const refusal = this.#whyNot(remote)
    if (refusal !== undefined) return { refusal }
    const { accountBySender, account } = this.configuration
    const bySender = accountBySender ? this.findAccount(sender)?.user : undefined
    const chosen = bySender ?? account
    if (chosen !== undefined) return { account: chosen }
    const lacking = accountBySender ? 'the sender is not in "accounts"' : 'no account is named'
    return { refusal: `${lacking}, and "account" is not set` }
  }

  #whyNot({ uid, gid }: Remote): string | undefined {
    if (this.#access === undefined) return 'only passwords are taken here'
    if (uid === undefined) return 'it is unknown whose program this is'
    // Of TCP the kernel names the user alone; no group has this number.
    if (this.#access.admits({ uid, gid: gid ?? -1, pid: 0 })) return undefined
    return `"allow" does not list the user with the number ${uid}`
  }

  #accountOfName(name: string): string | undefined {
    const { users, account } = this.configuration
    if (name === '') return account
    const listed = users.find((user) => user.name === name)
    return (listed ?? this.findAccount(name))?.user
  }
}
