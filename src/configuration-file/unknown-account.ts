import { addressHint } from '../command-line/nearest-known.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { outboxResource } from '../configuration/resources.ts'
import type { KeyPath } from './key-lines.ts'
import type { Problem } from './problems.ts'

/** The addresses that something may name. */
export function usersOf(accounts: Configuration['accounts']): ReadonlySet<string> {
  const nameable = accounts.filter(({ resource }) => resource?.name !== outboxResource)
  return new Set(nameable.map(({ user }) => user))
}

/** Something names an address that is not configured. */
export function unknownAccount(path: KeyPath, user: string, known: ReadonlySet<string>): Problem {
  return {
    path,
    what: `names "${user}", which no [[account]] has`,
    hint: addressHint(user, [...known], 'correct the address or add the [[account]]'),
  }
}
