import { join } from 'node:path'
import { signInOwners } from '../accounts/accounts.ts'
import { childEnvironment } from '../child-process/environment.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { Finding } from '../configuration/finding.ts'
import { runtimeDirectory } from '../configuration/paths.ts'
import { isCmsOauthError, StoreLockedError, StoreUnreadableError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { makeDirectoryOf } from '../files/file-access.ts'
import { type FileLock, lockFile } from '../kernel/file-lock.ts'
import { hardenProcess } from '../kernel/process-hardening.ts'
import { notifySystemd } from '../kernel/sd-notify.ts'
import { withoutDebugger } from '../kernel/without-debugger.ts'
import type { Log } from '../logging/log.ts'
import { chooseLogOutput, createLogger, type Logger } from '../logging/logger.ts'
import type { ProgramFiles } from '../package/program-files.ts'
import { version } from '../package/version.ts'
import { Broker } from './broker/broker.ts'
import { ControlSocket } from './control/control-socket.ts'
import { probeControlSocket } from './control/probe.ts'
import { createControlServer } from './control/server.ts'
import { signals } from './lifecycle.ts'
import { optimizeUnderLoad } from './optimize-under-load.ts'
import { RenewerHandle } from './processes/renewer-handle.ts'
import {
  announceReload,
  serviceDirectory,
  startWatchdog,
  takeInheritedSockets,
  withMoreTime,
} from './systemd.ts'
import { TokenSockets } from './token-sockets.ts'

interface DaemonSources {
  /** Reads the configuration. @throws CmsOauthError */
  load: () => Promise<Configuration>
  /** What of the surroundings does not fit it. @throws CmsOauthError */
  inspect: () => Promise<Finding[]>
  programFiles: ProgramFiles
}

/**
 * Starts the daemon in the order that keeps a half-started one harmless: process closed to others,
 * configuration, store owned, store and key proved, sockets, and READY once a request went through.
 * @throws CmsOauthError for what a restart does not fix
 */
export async function startDaemon({ load, inspect, programFiles }: DaemonSources): Promise<void> {
  hardenProcess()
  const inherited = takeInheritedSockets(process.env, process.pid)
  const configuration = await load()
  const log = createDaemonLog(configuration)
  const storeLock = takeStore(configuration.store.stateDirectory)
  const renewer = createRenewer(configuration, { log, programFiles }, () => broker)
  const broker: Broker = new Broker({
    configuration,
    renewer,
    log,
    loadConfiguration: load,
    inspect,
    applySockets: (next) => sockets.apply(next),
  })
  const sockets = new TokenSockets({
    tokens: optimizeUnderLoad(broker.tokens),
    accounts: () => broker.accountsInForce,
    inherited,
    log,
  })
  const control = new ControlSocket(createControlServer(broker), inherited)
  const closeSockets = () => sockets.close().then(() => control.close())
  signals.clearAwayBy(closeSockets)
  const stored = await renewer.run('open-store', {
    accounts: signInOwners(broker.accountsInForce.all()),
  })
  await sockets.apply(configuration)
  await control.listen(configuration.control.path)
  broker.resume(stored)
  await probeControlSocket(configuration.control.path)
  const stopWatchdog = startWatchdog(process.env, process.pid)
  notifySystemd('READY=1')
  log.info('daemon.started', { version, pid: process.pid, path: configuration.file })
  signals.serve({
    reload: () => announceReload(process.env, () => broker.reload()),
    stop: async () => {
      notifySystemd('STOPPING=1')
      broker.stop()
      await closeSockets()
      await withMoreTime(process.env, () => renewer.close())
      stopWatchdog()
      storeLock.close()
    },
    log,
  })
}

function createDaemonLog({ log: { level } }: Configuration): Logger {
  return createLogger({ level, output: chooseLogOutput(process.env, process.stderr.isTTY) })
}

/** One daemon per store: the lock is free at once when its holder dies, however it dies. */
function takeStore(stateDirectory: string): FileLock {
  const lock = lockStore(stateDirectory)
  if (lock !== undefined) return lock
  throw new StoreLockedError(`another cms-oauthd is using the store "${stateDirectory}"`, {
    hint: 'stop it first, or give this one another $STATE_DIRECTORY; one that is stopping may wait six minutes for a provider',
  })
}

function lockStore(stateDirectory: string): FileLock | undefined {
  try {
    const path = join(stateDirectory, 'daemon.lock')
    makeDirectoryOf({ path, kind: 'storeLock' })
    return lockFile(path)
  } catch (error) {
    if (isCmsOauthError(error)) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new StoreUnreadableError(
      `the store "${stateDirectory}" cannot be opened: ${withErrnoWords(code)}`,
      {
        hint: 'check the directories above it and their modes, or set $STATE_DIRECTORY',
        cause: error,
      },
    )
  }
}

function createRenewer(
  { store }: Configuration,
  outfit: { log: Log; programFiles: ProgramFiles },
  broker: () => Broker,
): RenewerHandle {
  const { CMS_OAUTH_EXTRA_CA, ...env } = childEnvironment(process.env)
  // The daemon itself starts without it: it costs 40 ms and no TLS is spoken here.
  if (CMS_OAUTH_EXTRA_CA !== undefined && CMS_OAUTH_EXTRA_CA !== '') {
    env['NODE_EXTRA_CA_CERTS'] = CMS_OAUTH_EXTRA_CA
  }
  return new RenewerHandle({
    modulePath: join(import.meta.dirname, 'cms-oauth-renewer.cjs'),
    execArgv: [...withoutDebugger],
    env,
    stateDirectory: store.stateDirectory,
    runtimeDirectory: serviceDirectory(process.env) ?? runtimeDirectory(process.env),
    key: store.key,
    ...outfit,
    onDurable: (user) => broker().renewerNews.markDurable(user),
    onLost: (user, error) => broker().renewerNews.acceptLost(user, error),
    onKept: (user) => broker().renewerNews.acceptKept(user),
    onLate: (account, refreshed) => broker().renewerNews.acceptLate(account, refreshed),
  })
}
