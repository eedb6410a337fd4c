import { normalize } from 'node:path'
import { lackingScopes } from '../accounts/lacking-scopes.ts'
import { addressHint } from '../command-line/nearest-known.ts'
import type { BridgeConfiguration, Configuration } from '../configuration/configuration.ts'
import {
  areInConflict,
  type ListenAddress,
  writeListenAddress,
} from '../configuration/listen-address.ts'
import { mailPorts } from '../mail/mail-ports.ts'
import type { KeyPath } from './key-lines.ts'
import type { Problem } from './problems.ts'
import { unknownAccount, usersOf } from './unknown-account.ts'

/** What of a bridge does not fit the rest of the configuration. */
export function unusableBridges(configuration: Configuration): Problem[] {
  const { bridges, accounts, sockets, control } = configuration
  const known = usersOf(accounts)
  const names = new Set(sockets.map(({ name }) => name))
  const paths = [control.path, ...sockets.map(({ path }) => path)].map(normalize)
  const taken: ListenAddress[] = paths.map((path) => ({ path }))
  return bridges.flatMap((bridge, index) => {
    const path = ['bridge', index]
    return [
      ...addressesTaken(bridge, path, taken),
      ...nameTaken(bridge, path, names),
      ...accountsNotKnown(bridge, path, known),
      ...accountsNotServed(bridge, path),
      ...scopesNotAsked(bridge, path, accounts),
      ...serversNotKnown(bridge, path, known),
    ]
  })
}

/** Adds those of this listener to what is taken; what of it is taken already. */
export function addressesTaken(
  { listen }: Pick<BridgeConfiguration, 'listen'>,
  path: KeyPath,
  taken: ListenAddress[],
): Problem[] {
  return listen.flatMap((address) => {
    const other = taken.find((earlier) => areInConflict(earlier, address))
    taken.push(address)
    if (other === undefined) return []
    const [name, otherName] = [writeListenAddress(address), writeListenAddress(other)]
    const what =
      name === otherName
        ? `"${name}" is listed twice`
        : `"${name}" is listed, and so is "${otherName}": only one of them can be listened on`
    const hint = 'give each [[bridge]] and each [[socket]] an address of its own'
    return [{ path: [...path, 'listen'], what, hint }]
  })
}

/** Adds that of this bridge to what is taken. */
function nameTaken(
  { name }: BridgeConfiguration,
  path: KeyPath,
  taken: Set<string | undefined>,
): Problem[] {
  if (name === undefined) return []
  if (!taken.has(name)) {
    taken.add(name)
    return []
  }
  return [
    {
      path: [...path, 'name'],
      what: `"${name}" is listed twice`,
      hint: 'give each [[bridge]] and each [[socket]] a name of its own',
    },
  ]
}

function accountsNotKnown(
  { accounts }: BridgeConfiguration,
  path: KeyPath,
  known: ReadonlySet<string>,
): Problem[] {
  return accounts
    .filter(({ user }) => !known.has(user))
    .map(({ user }) => unknownAccount([...path, 'accounts'], user, known))
}

function accountsNotServed({ accounts, account, users }: BridgeConfiguration, path: KeyPath) {
  const served = accounts.map(({ user }) => user)
  const named: [string, string | undefined][] = [
    ['account', account],
    ...users.map(({ user }): [string, string] => ['users', user]),
  ]
  return named.flatMap(([key, user]) => {
    if (user === undefined || served.includes(user)) return []
    const what = `names "${user}", which is not in "accounts"`
    const hint = addressHint(user, served, 'correct the address or add it to "accounts"')
    return [{ path: [...path, key], what, hint }]
  })
}

/** Each login of such an account would be refused. */
function scopesNotAsked(
  { accounts, protocol }: BridgeConfiguration,
  path: KeyPath,
  known: Configuration['accounts'],
): Problem[] {
  return known
    .filter((account) => accounts.some(({ user }) => user === account.user))
    .flatMap((account) => {
      const names = lackingScopes(account, protocol).map((scope) => `"${scope}"`)
      if (names.length === 0) return []
      return {
        path: [...path, 'accounts'],
        what: `names "${account.user}", whose "scopes" do not have ${names.join(', ')}, which ${protocol} needs`,
        hint: 'add it to "scopes" of the [[account]] and sign in again; or remove "scopes", since they follow from what is configured',
      }
    })
}

function serversNotKnown(
  { accounts, protocol }: BridgeConfiguration,
  path: KeyPath,
  known: ReadonlySet<string>,
): Problem[] {
  const { schemes, usual } = mailPorts[protocol]
  return accounts
    .filter(({ user, server }) => server === '' && known.has(user))
    .map(({ user }) => ({
      path: [...path, 'server'],
      what: `is missing: the ${protocol} server of "${user}" is not known`,
      hint: `name it, like server = "${schemes[0]}.domain.com:${usual}"`,
    }))
}
