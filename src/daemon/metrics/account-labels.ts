import { createHash } from 'node:crypto'
import type { MetricLabels } from '../../configuration/configuration.ts'

const idCharacters = 12

/**
 * What accounts are called in metrics: by their address, or by an id for those who may read figures and no
 * names.
 */
export class AccountLabels {
  readonly #ids = new Map<string, string>()

  /** The label of an account; of its id, `printf %s ADDRESS | sha256sum` begins with it. */
  of(user: string, rule: MetricLabels): string {
    if (rule === 'address') return user
    const known = this.#ids.get(user)
    if (known !== undefined) return known
    const id = createHash('sha256').update(user).digest('hex').slice(0, idCharacters)
    this.#ids.set(user, id)
    return id
  }
}
