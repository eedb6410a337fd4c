import { networkInterfaces } from 'node:os'
import type { AccessRule } from '../configuration/access-rule.ts'
import { bridgeAccess } from '../configuration/bridge-access.ts'
import type { BridgeAccount, BridgeConfiguration } from '../configuration/configuration.ts'
import { isLoopback } from '../configuration/listen-address.ts'
import { plainAddress, withoutZone } from '../kernel/plain-address.ts'
import { createNetworkTest } from '../configuration/networks.ts'
import type { Claim } from '../sasl/server/exchange.ts'
import type { Admission } from './gate.ts'
import type { Remote } from './remote.ts'

/** Who may do what at one [[bridge]]; pure but for the names of users and groups. */
export class BridgeRules {
  readonly configuration: BridgeConfiguration
  readonly #access: AccessRule | undefined
  readonly #isInNetworks: (address: string) => boolean

  /** @throws ConfigInvalidError for a name that nobody has */
  constructor(configuration: BridgeConfiguration) {
    this.configuration = configuration
    this.#access = bridgeAccess(configuration)
    this.#isInNetworks = createNetworkTest(configuration.networks)
  }

  /** True for who may connect at all: this machine, and who is in "networks". */
  mayConnect({ address }: Remote): boolean {
    return address === undefined || isLoopback(address) || this.#isInNetworks(address)
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

  /** Why a caller needs no password; undefined: it does. */
  admissionOf(remote: Remote): Admission | undefined {
    const admission = this.#admissionOf(remote)
    return 'by' in admission ? admission.by : undefined
  }

  /** The account of a caller that needs no password, with this sender. */
  accountOfCaller(
    remote: Remote,
    sender: string,
  ): { account: string; by: Admission } | { refusal: string } {
    const admission = this.#admissionOf(remote)
    if ('refusal' in admission) return admission
    const { accountBySender, account } = this.configuration
    const bySender = accountBySender ? this.findAccount(sender)?.user : undefined
    const chosen = bySender ?? account
    if (chosen !== undefined) return { account: chosen, by: admission.by }
    const lacking = accountBySender ? 'the sender is not in "accounts"' : 'no account is named'
    return { refusal: `${lacking}, and "account" is not set` }
  }

  #admissionOf({ uid, gid, groups, address }: Remote): { by: Admission } | { refusal: string } {
    if (this.#isOfNetwork(address)) return { by: 'network' }
    if (this.#access === undefined) {
      const isOffered = this.configuration.callers.includes('network')
      return {
        refusal: isOffered
          ? 'only other machines, in "networks", need no password here'
          : 'only passwords are taken here',
      }
    }
    if (uid === undefined) return { refusal: 'it is unknown whose program this is' }
    const peer = { uid, ...(gid === undefined ? {} : { gid }) }
    // For TCP the kernel tells only the user.
    const known = groups === undefined ? peer : { ...peer, groups: () => groups }
    if (this.#access.admits(known)) return { by: 'peer' }
    return { refusal: `"allow" does not list the user with the number ${uid}` }
  }

  /**
   * A program of this machine that connects from an address of the network is not one of the devices there.
   */
  #isOfNetwork(address = ''): boolean {
    if (!this.configuration.callers.includes('network') || !this.#isInNetworks(address))
      return false
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    return !own.some((each) => plainAddress(each.address) === withoutZone(address))
  }

  #accountOfName(name: string): string | undefined {
    const { users, account } = this.configuration
    if (name === '') return account
    const lowered = name.toLowerCase()
    // Devices write the first letter large, or all of them.
    const listed =
      users.find((user) => user.name === name) ??
      users.find((user) => user.name.toLowerCase() === lowered)
    return (listed ?? this.findAccount(name))?.user
  }
}
