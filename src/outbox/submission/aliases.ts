/**
 * Whom a name of this machine means, and who may be written to at all. What an outbox does not name is not
 * reached, whatever is in a message: a stolen account of the machine writes to its owner.
 */
import type { SubmissionRules } from '../../configuration/outbox-configuration.ts'
import {
  AddressInvalidError,
  ConfigInvalidError,
  NotPermittedError,
  RecipientUnknownError,
} from '../../errors.ts'
import { checkAddress, splitAddress } from './check-address.ts'
import type { Machine } from './submission.ts'

const depthLimit = 10

type AliasRules = Pick<SubmissionRules, 'aliases' | 'recipients' | 'localDomains'>

/** The aliases of one outbox on one machine, for one message. */
export class Aliases {
  readonly #rules: AliasRules
  readonly #own: Map<string, string[]>
  readonly #system: Map<string, string[]>
  readonly #localDomains: Set<string>
  readonly #resolved = new Map<string, string[]>()
  readonly #targets: Set<string>
  readonly #allowed: Set<string>

  constructor(rules: AliasRules, machine: Machine) {
    this.#rules = rules
    this.#own = lowerCased(rules.aliases)
    this.#system = lowerCased(machine.aliases)
    const names = ['localhost', machine.host, ...machine.names, ...rules.localDomains]
    this.#localDomains = new Set(names.map((name) => name.toLowerCase()))
    this.#targets = new Set(this.#named().map((address) => address.toLowerCase()))
    const { recipients = [] } = rules
    this.#allowed = new Set([...this.#targets, ...recipients.map((each) => each.toLowerCase())])
  }

  /**
   * The addresses that stand for one of a message: itself, if it is not of this machine.
   * @throws AddressInvalidError, RecipientUnknownError, or ConfigInvalidError for a circle
   */
  resolve(address: string): string[] {
    return this.#follow(address, [])
  }

  /** The same, with nothing for what has no meaning here. */
  find(address: string): string[] {
    try {
      return this.resolve(address)
    } catch {
      return []
    }
  }

  /** @throws NotPermittedError if the outbox does not name the address */
  assertAllowed(address: string): void {
    const key = address.toLowerCase()
    const { recipients = [] } = this.#rules
    const domain = key.slice(key.lastIndexOf('@'))
    if (this.#allowed.has(key) || recipients.includes('*') || this.#allowed.has(domain)) return
    throw new NotPermittedError(`this outbox may not send to "${address}"`, {
      hint: 'add the address or its @domain to "recipients" of [[outbox]]',
    })
  }

  /** True for an address that mail of this machine goes to, by an alias. */
  isTarget(address: string): boolean {
    return this.#targets.has(address.toLowerCase())
  }

  #follow(address: string, path: string[]): string[] {
    const name = this.#localName(address)
    if (name === undefined) return [checked(address)]
    const known = this.#resolved.get(name)
    if (known !== undefined) return known
    if (path.includes(name)) throw circle([...path, name])
    if (path.length >= depthLimit) throw circle([...path, name])
    const targets = this.#targetsOf(name).flatMap((target) => this.#follow(target, [...path, name]))
    const addresses = [...new Set(targets)]
    this.#resolved.set(name, addresses)
    return addresses
  }

  /** Undefined for an address elsewhere. */
  #localName(address: string): string | undefined {
    const { local, domain } = splitAddress(address)
    const isLocal = domain === undefined || this.#localDomains.has(domain)
    return isLocal ? local.toLowerCase() : undefined
  }

  #targetsOf(name: string): string[] {
    // An alias that names itself means a mailbox of this machine, and there is none.
    const others = (targets: string[] | undefined) => {
      const elsewhere = targets?.filter((target) => this.#localName(target) !== name)
      return elsewhere?.length === 0 ? undefined : elsewhere
    }
    const known = others(this.#own.get(name)) ?? others(this.#system.get(name))
    const targets = known ?? this.#own.get('*')
    if (targets !== undefined) return targets
    throw new RecipientUnknownError(`"${name.slice(0, 100)}" is a name without an alias`, {
      hint: 'add it to "aliases" of [[outbox]], or "*" for all names',
    })
  }

  #named(): string[] {
    const targets = [...this.#own.values(), ...this.#system.values()].flat()
    return targets.filter((target) => this.#localName(target) === undefined)
  }
}

function checked(address: string): string {
  const good = checkAddress(address)
  if (good !== undefined) return good
  throw new AddressInvalidError(`"${printable(address)}" is not an address`, {
    hint: 'write it like user@example.org, or a name that has an alias',
  })
}

function printable(text: string): string {
  return text.slice(0, 100).replaceAll(/[^ -~]/g, '?')
}

function circle(path: string[]): ConfigInvalidError {
  return new ConfigInvalidError(`the alias "${path.at(-1)}" leads too far: ${path.join(' -> ')}`, {
    hint: `an alias may lead over ${depthLimit} names to an address, and not back to itself: change "aliases" of [[outbox]] or /etc/aliases`,
  })
}

function lowerCased(aliases: Record<string, string[]>): Map<string, string[]> {
  return new Map(Object.entries(aliases).map(([name, targets]) => [name.toLowerCase(), targets]))
}
