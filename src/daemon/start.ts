import { signInOwners } from '../accounts/accounts.ts'
import type { Configuration, StoreConfiguration } from '../configuration/configuration.ts'
import { giveBackMemory } from '../kernel/give-back-memory.ts'
import { hardenProcess } from '../kernel/process-hardening.ts'
import { notifySystemd } from '../kernel/sd-notify.ts'
import type { StoredRecords } from '../messages/renewer-jobs.ts'
import { version } from '../package/version.ts'
import { assemble, type DaemonSources, type Parts } from './assemble.ts'
import type { Broker } from './broker/broker.ts'
import { probeControlSocket } from './control/probe.ts'
import { startSpareRenewer } from './create-renewer.ts'
import type { OpenSeenGrants } from './fleet/open-seen-grants.ts'
import { isServing } from './fleet/require-renew-role.ts'
import { signals } from './signals.ts'
import type { RenewerHandle } from './processes/renewer-handle.ts'
import { SocketWatch } from './socket-watch.ts'
import { Steps } from './steps.ts'
import { announceReload, createWatchdog, takeInheritedSockets, withMoreTime } from './systemd.ts'
import { takeStore } from './take-store.ts'

/**
 * Starts the daemon in the order that keeps a half-started one harmless: process closed to others,
 * configuration, store owned, store and key proved, sockets, and READY once a request went through.
 * One that fails is undone, in the time that there is.
 * @throws CmsOauthError for what a restart does not fix
 */
export async function startDaemon(sources: DaemonSources, steps = new Steps()): Promise<void> {
  signals.clearAwayBy(() => steps.undo())
  try {
    await takeSteps(sources, steps)
  } catch (error) {
    await signals.clearAway()
    throw error
  }
}

/**
 * How steps are undone. A closure of `takeSteps` would hold all that this has read for as long as the
 * daemon runs: the first configuration, and what the store held.
 */
const close = (opened: { close: () => unknown }): unknown => opened.close()
const stop = (opened: { stop: () => unknown }): unknown => opened.stop()
const closeRenewer = ({ renewer }: Pick<Parts, 'renewer'>): unknown =>
  withMoreTime(process.env, () => renewer.close())
/** The control socket closes last: whoever waits there is still told how it ended. */
const closeSockets = async ({ sockets, control }: Pick<Parts, 'sockets' | 'control'>) => {
  await sockets.close()
  await control.close()
}

/** In this order; a daemon that stops undoes them in the reverse one. */
async function takeSteps(sources: DaemonSources, steps: Steps): Promise<void> {
  const { env, pid } = process
  await steps.take('harden', hardenProcess)
  const inherited = await steps.take('inherit', () => takeInheritedSockets(env, pid))
  // The store is proved by a renewer in any case: it starts while the configuration is read.
  const spare = await steps.take(
    'start a renewer',
    () => startSpareRenewer(sources.renewerPath),
    close,
  )
  const configuration = await steps.take('configure', sources.load)
  if (isServing(configuration.store)) await spare.close()
  const { stateDirectory } = configuration.store
  await steps.take('lock the store', () => takeStore(stateDirectory), close)
  // Opened early and so closed late: systemd is told until the last renewer is gone.
  const watchdog = await steps.take('watchdog', () => createWatchdog(env, pid), stop)
  const openSeenGrants = await loadSeenGrants(configuration.store)
  const { log, renewer, broker, sockets, control, metrics } = await steps.take(
    'assemble',
    () => assemble(configuration, { inherited, spare, openSeenGrants }, sources),
    closeRenewer,
  )
  // An engine that hosts share may be away: it is not waited for.
  const isOfThisHost = configuration.store.kind === 'files'
  const stored = isOfThisHost
    ? await steps.take('prove the store', () => prove(renewer, broker))
    : undefined
  await openSockets({ sockets, control }, configuration, steps)
  await steps.take('resume', () => resume({ broker, metrics }, configuration, stored), stop)
  if (!isOfThisHost) {
    await steps.take(
      'join the fleet',
      () => join({ renewer, broker, log }, configuration.store, sources),
      close,
    )
  }
  await steps.take('prove the socket', () => probeControlSocket(configuration.control.path))
  await steps.take('watch the sockets', () => watchSockets({ broker, sockets, control, log }), stop)
  await steps.take('ready', () => {
    notifySystemd('READY=1')
    watchdog.start()
    log.info('daemon.started', { version, pid, path: configuration.file })
    signals.serve({ ...lifecycleOf(broker, steps), log })
    giveBackMemory()
  })
}

function prove(renewer: RenewerHandle, broker: Broker): Promise<StoredRecords> {
  return renewer.run('open-store', { accounts: signInOwners(broker.accountsInForce.all()) })
}

async function join(
  { renewer, broker, log }: Pick<Parts, 'renewer' | 'broker' | 'log'>,
  store: StoreConfiguration,
  { followerPath }: DaemonSources,
): Promise<{ close: () => unknown }> {
  if (store.kind !== 'etcd') return { close: () => {} }
  const { Fleet } = await import('./fleet/fleet.ts')
  return broker.join((parts) => new Fleet({ store, parts, renewer, followerPath, log }))
}

async function openSockets(
  { sockets, control }: Pick<Parts, 'sockets' | 'control'>,
  configuration: Configuration,
  steps: Steps,
): Promise<void> {
  const applied = async () => {
    await sockets.apply(configuration)
    return sockets
  }
  await steps.take('service sockets', applied, close)
  const listening = async () => {
    await control.listen(configuration.control.path)
    return { sockets, control }
  }
  await steps.take('control socket', listening, closeSockets)
}

function resume(
  { broker, metrics }: Pick<Parts, 'broker' | 'metrics'>,
  configuration: Configuration,
  stored: StoredRecords | undefined,
): { stop: () => void } {
  if (stored !== undefined) broker.resume(stored)
  metrics.follow(configuration.metrics)
  return {
    stop: () => {
      metrics.stop()
      broker.stop()
    },
  }
}

function watchSockets({
  broker,
  sockets,
  control,
  log,
}: Pick<Parts, 'broker' | 'sockets' | 'control' | 'log'>): SocketWatch {
  const lost = async () => [...sockets.lost(), ...(await control.lost())]
  return new SocketWatch({ lost, restore: () => broker.restoreSockets(), log })
}

function lifecycleOf(broker: Broker, steps: Steps) {
  return {
    reload: () => announceReload(process.env, () => broker.reload()),
    stop: () => {
      notifySystemd('STOPPING=1')
      return steps.undo()
    },
  }
}

/** Undefined, and its code not loaded, where no other host writes the store. */
async function loadSeenGrants({ kind }: StoreConfiguration): Promise<OpenSeenGrants | undefined> {
  if (kind !== 'etcd') return undefined
  return (await import('./fleet/open-seen-grants.ts')).openSeenGrants
}
