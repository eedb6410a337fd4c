import { ConfigInvalidError } from '../../errors.ts'
import type { ConfigurationInForce } from './in-force.ts'

/** Settings that the running daemon depends on cannot be changed by a reload. @throws ConfigInvalidError */
export function requireSameFoundation(
  before: ConfigurationInForce,
  after: ConfigurationInForce,
): void {
  const changed = (['store', 'control'] as const).find(
    (section) => JSON.stringify(before[section]) !== JSON.stringify(after[section]),
  )
  if (changed === undefined) return
  throw new ConfigInvalidError(`"${after.file}": [${changed}] differs from that of the start`, {
    hint: `restart cms-oauthd to change [${changed}]; until then the old configuration holds`,
  })
}
