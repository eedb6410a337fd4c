import { addressKey } from '../../spool/address-key.ts'
import type { Aliases } from './aliases.ts'
import { recipientLimit, TooManyRecipientsError } from './envelope.ts'

/** To whom a message goes, named one after the other: whom one stands for is known at once. */
export class RecipientList {
  readonly #aliases: Aliases
  #recipients = new Map<string, string>()

  constructor(aliases: Aliases) {
    this.#aliases = aliases
  }

  /**
   * Adds those that an address stands for; all of them, or nobody.
   * @throws AddressInvalidError, RecipientUnknownError, NotPermittedError, TooManyRecipientsError, or
   *   ConfigInvalidError for a circle of aliases
   */
  admit(address: string): void {
    const resolved = this.#aliases.resolve(address)
    for (const recipient of resolved) this.#aliases.assertAllowed(recipient)
    const added = resolved.map((recipient): [string, string] => [addressKey(recipient), recipient])
    const all = new Map([...this.#recipients, ...added])
    if (all.size > recipientLimit) throw new TooManyRecipientsError()
    this.#recipients = all
  }

  get addresses(): string[] {
    return [...this.#recipients.values()]
  }
}
