import { isDeepStrictEqual } from 'node:util'
import type { Account } from '../../accounts/account.ts'
import type { AccountsDifference } from '../../accounts/accounts.ts'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { writeListenAddress } from '../../configuration/listen-address.ts'
import type { Changes, ReloadAnswer } from '../../messages/control-api.ts'
import type { ConfigurationInForce } from './in-force.ts'

interface Reloaded {
  before: ConfigurationInForce
  after: ConfigurationInForce
  accounts: AccountsDifference
  /** Token files that were put back. */
  restored: string[]
}

/** What a reload has changed, as it is answered. */
export function reloadAnswer({ before, after, accounts, restored }: Reloaded): ReloadAnswer {
  return {
    file: after.file,
    added: usersOf(accounts.added),
    removed: usersOf(accounts.removed),
    changed: usersOf(accounts.changed),
    sockets: changesOf(before.sockets, after.sockets),
    token_files: changesOf(before.tokenFiles, after.tokenFiles),
    bridges: changesOf(withPaths(before.bridges), withPaths(after.bridges)),
    outboxes: changesOf(before.outboxes, after.outboxes),
    restored,
    settings: Object.entries(sections)
      .filter(([, partOf]) => !isDeepStrictEqual(partOf(before), partOf(after)))
      .map(([name]) => name),
  }
}

/** A bridge goes by each of its addresses: one more adds that one alone. Without any it goes by its name. */
function withPaths(bridges: readonly BridgeConfiguration[]) {
  return bridges.flatMap(({ listen, ...bridge }) => {
    const addresses = listen.map(writeListenAddress)
    const paths = addresses.length > 0 ? addresses : [bridge.name ?? '']
    return paths.map((path) => ({ ...bridge, path }))
  })
}

/** The rest of the file needs a restart, and is refused where it has changed. */
const sections: Record<string, (configuration: ConfigurationInForce) => unknown> = {
  refresh: ({ refresh }) => refresh,
  sign_in: ({ signIn }) => signIn,
  notify: ({ notify }) => notify,
  metrics: ({ metrics }) => metrics,
  log: ({ log }) => log,
}

function changesOf<T extends { path: string }>(before: readonly T[], after: readonly T[]): Changes {
  const old = new Map(before.map((entry) => [entry.path, entry]))
  const kept = new Set(after.map(({ path }) => path))
  const isNew = ({ path }: T) => !old.has(path)
  const isOther = (entry: T) => !isNew(entry) && !isDeepStrictEqual(old.get(entry.path), entry)
  return {
    added: after.filter(isNew).map(({ path }) => path),
    removed: [...old.keys()].filter((path) => !kept.has(path)),
    changed: after.filter(isOther).map(({ path }) => path),
  }
}

function usersOf(accounts: readonly Account[]): string[] {
  return accounts.map(({ user }) => user)
}
