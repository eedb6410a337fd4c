import { networkEnvironment } from '../child-process/environment.ts'
import type { Configuration, StoreConfiguration } from '../configuration/configuration.ts'
import { runtimeDirectory } from '../configuration/paths.ts'
import { ConfigInvalidError } from '../errors.ts'
import type { FileLock } from '../kernel/file-lock.ts'
import type { Log } from '../logging/log.ts'
import { isServing } from './fleet/require-renew-role.ts'
import { RenewerHandle } from './processes/renewer-handle.ts'
import { serviceDirectory } from './systemd.ts'
import { takeStore } from './take-store.ts'

/** How a command on a store reads configurations, and who opens the store for it. */
export interface StoreSources {
  load: (file: string) => Promise<Configuration>
  renewerPath: string
}

/** What such a command works with. */
export interface StoreWork {
  from: StoreConfiguration
  to: StoreConfiguration
  /** Opens the store of the first; the daemon's own program sees no refresh token. */
  renewer: RenewerHandle
}

/**
 * Does something with the stores of two configurations that no daemon of this host uses meanwhile.
 * @throws CmsOauthError
 */
export async function withStores<T>(
  { load, renewerPath }: StoreSources,
  [fromFile, toFile]: readonly [string, string],
  act: (work: StoreWork) => Promise<T>,
): Promise<T> {
  const [from, to] = [(await load(fromFile)).store, (await load(toFile)).store]
  requireOpenable(from, fromFile)
  requireOpenable(to, toFile)
  const locks = lockBoth(from, to)
  const renewer = renewerOf(renewerPath, from)
  try {
    return await act({ from, to, renewer })
  } finally {
    await renewer.close()
    for (const lock of locks) lock.close()
  }
}

/** A host that only serves has no key of sign-ins. @throws ConfigInvalidError */
function requireOpenable(store: StoreConfiguration, file: string): void {
  if (!isServing(store)) return
  throw new ConfigInvalidError(`"${file}": [store] role = "serve" has no key of sign-ins`, {
    hint: 'run it on a host with role = "renew"',
  })
}

/** @throws StoreLockedError while a daemon runs */
function lockBoth(from: StoreConfiguration, to: StoreConfiguration): FileLock[] {
  const directories = new Set([from.stateDirectory, to.stateDirectory])
  const locks: FileLock[] = []
  try {
    for (const directory of directories) locks.push(takeStore(directory))
    return locks
  } catch (error) {
    for (const lock of locks) lock.close()
    throw error
  }
}

function renewerOf(modulePath: string, store: StoreConfiguration): RenewerHandle {
  const { env } = process
  return new RenewerHandle({
    modulePath,
    env: networkEnvironment(env),
    store,
    runtimeDirectory: serviceDirectory(env) ?? runtimeDirectory(env),
    log: terseLog,
    onDurable: nothing,
    onLost: nothing,
    onKept: nothing,
    onDropped: nothing,
    onLate: nothing,
  })
}

const nothing = () => {}
const tell = (event: string, { reason = '' }: { reason?: string } = {}) =>
  void process.stderr.write(`cms-oauthd: ${event}: ${reason}\n`)
/** What it waits for, and what went wrong. */
const terseLog: Log = { debug: nothing, info: nothing, warn: tell, error: tell }
