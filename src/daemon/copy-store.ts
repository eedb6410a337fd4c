import { networkEnvironment } from '../child-process/environment.ts'
import type { Configuration, StoreConfiguration } from '../configuration/configuration.ts'
import { runtimeDirectory } from '../configuration/paths.ts'
import { ConfigInvalidError, StoreUnreadableError } from '../errors.ts'
import type { FileLock } from '../kernel/file-lock.ts'
import type { Log } from '../logging/log.ts'
import { isServing } from './fleet/require-renew-role.ts'
import { RenewerHandle } from './processes/renewer-handle.ts'
import { serviceDirectory } from './systemd.ts'
import { takeStore } from './take-store.ts'

interface CopySources {
  load: (file: string) => Promise<Configuration>
  renewerPath: string
}

/**
 * `cms-oauthd --store-copy FROM TO`: carries the sign-ins of one configuration's store to that of another,
 * where they are newer; nothing is removed. No daemon of this host may use either meanwhile.
 * @throws CmsOauthError; StoreUnreadableError with a line for each sign-in that was not copied
 */
export async function copyStore(
  { load, renewerPath }: CopySources,
  [fromFile, toFile]: readonly [string, string],
): Promise<void> {
  const [from, to] = [(await load(fromFile)).store, (await load(toFile)).store]
  requireOpenable(from, fromFile)
  requireOpenable(to, toFile)
  const locks = lockBoth(from, to)
  const renewer = createCopier(renewerPath, from)
  try {
    const { copied, kept, failed } = await renewer.run('copy-store', { to })
    process.stdout.write(`${summaryOf(copied, kept, toFile)}\n`)
    if (failed.length === 0) return
    const lines = failed.map(({ user, message, hint }) => `${user}: ${message} (${hint})`)
    throw new StoreUnreadableError(lines.join('\n'), {
      hint: 'run it again when that is done: what was copied stays',
    })
  } finally {
    await renewer.close()
    for (const lock of locks) lock.close()
  }
}

function summaryOf(copied: number, kept: number, toFile: string): string {
  const carried = copied === 1 ? '1 sign-in was copied' : `${copied} sign-ins were copied`
  if (kept === 0) return carried
  const held = kept === 1 ? '1 was' : `${kept} were`
  return `${carried}; ${held} in the store of "${toFile}" already, as it is or newer`
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

function createCopier(modulePath: string, store: StoreConfiguration): RenewerHandle {
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
