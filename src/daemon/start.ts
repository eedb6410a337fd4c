import { signInOwners } from '../accounts/accounts.ts'
import type { Configuration, StoreConfiguration } from '../configuration/configuration.ts'
import type { Finding } from '../configuration/finding.ts'
import { hardenProcess } from '../kernel/process-hardening.ts'
import { notifySystemd } from '../kernel/sd-notify.ts'
import { chooseLogOutput, createLogger, type Logger } from '../logging/logger.ts'
import type { ProgramFiles } from '../package/program-files.ts'
import type { StoredRecords } from '../messages/renewer-jobs.ts'
import { version } from '../package/version.ts'
import { Audit } from './audit.ts'
import { LazyBridges } from './bridge/lazy-bridges.ts'
import { LazyOutboxes } from './outbox/lazy-outboxes.ts'
import { Broker } from './broker/broker.ts'
import { ControlSocket } from './control/control-socket.ts'
import { probeControlSocket } from './control/probe.ts'
import { createControlServer } from './control/server.ts'
import { createRenewer, startSpareRenewer } from './create-renewer.ts'
import { isServing } from './fleet/require-renew-role.ts'
import { giveBackMemory } from '../kernel/give-back-memory.ts'
import { signals } from './lifecycle.ts'
import { optimizeUnderLoad } from './optimize-under-load.ts'
import { Metrics } from './metrics/metrics.ts'
import type { RenewerHandle } from './processes/renewer-handle.ts'
import type { SpareRenewer } from './processes/spare-renewer.ts'
import { ServiceSockets } from './service-sockets.ts'
import { Steps } from './steps.ts'
import {
  announceReload,
  createWatchdog,
  type InheritedSocket,
  takeInheritedSockets,
  withMoreTime,
} from './systemd.ts'
import { takeStore } from './take-store.ts'
import { TokenSockets } from './token-sockets.ts'

interface DaemonSources {
  /** Reads the configuration. @throws CmsOauthError */
  load: () => Promise<Configuration>
  /** What of the surroundings does not fit it. @throws CmsOauthError */
  inspect: () => Promise<Finding[]>
  /** The renewer's program file. */
  renewerPath: string
  /** Those of its other children. */
  bridgePath: string
  outboxPath: string
  senderPath: string
  followerPath: string
  programFiles: ProgramFiles
}

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
/** What ends with the service sockets is still said on the control socket. */
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
  const { log, renewer, broker, sockets, control, metrics } = await steps.take(
    'assemble',
    () => assemble(configuration, { inherited, spare }, sources),
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

function lifecycleOf(broker: Broker, steps: Steps) {
  return {
    reload: () => announceReload(process.env, () => broker.reload()),
    stop: () => {
      notifySystemd('STOPPING=1')
      return steps.undo()
    },
  }
}

interface Parts {
  log: Logger
  renewer: RenewerHandle
  broker: Broker
  sockets: ServiceSockets
  control: ControlSocket
  metrics: Metrics
}

/** What is there before the configuration. */
interface Outset {
  inherited: readonly InheritedSocket[]
  spare: SpareRenewer
}

/** What a daemon consists of; nothing of it is open, or starts a process, before it is asked to. */
function assemble(
  configuration: Configuration,
  { inherited, spare }: Outset,
  { load, inspect, renewerPath, bridgePath, outboxPath, senderPath, programFiles }: DaemonSources,
): Parts {
  const output = chooseLogOutput(process.env, process.stderr.isTTY)
  const log = createLogger({ level: configuration.log.level, output })
  const audit = new Audit(log)
  const { counters } = audit
  const renewer = createRenewer(configuration, {
    modulePath: renewerPath,
    spare,
    log,
    programFiles,
    news: () => broker.renewerNews,
  })
  const broker: Broker = new Broker({
    configuration,
    renewer,
    counters,
    log,
    loadConfiguration: load,
    inspect,
    applySockets: async (next) => {
      await sockets.apply(next)
      metrics.follow(next.metrics)
    },
  })
  const source = {
    tokens: optimizeUnderLoad(broker.tokens),
    accounts: () => broker.accountsInForce,
  }
  const shared = { inherited, counters, log, store: configuration.store }
  const guarded = { ...source, tokens: audit.guard(broker.tokens) }
  const bridges = new LazyBridges(async () => {
    const { createBridges } = await import('./bridge/create-bridges.ts')
    return createBridges({ modulePath: bridgePath, ...guarded, ...shared })
  })
  const outboxes = new LazyOutboxes(async () => {
    const { createOutboxes } = await import('./outbox/create-outboxes.ts')
    return createOutboxes({ outboxPath, senderPath, broker, ...guarded, ...shared })
  })
  const tokenSockets = new TokenSockets({ ...source, inherited, audit })
  const sockets = new ServiceSockets(tokenSockets, bridges, outboxes, audit)
  const metrics = new Metrics({ broker, bridges, outboxes, counters, log })
  const server = createControlServer({ broker, bridges, outboxes, metrics })
  const control = new ControlSocket(server, inherited)
  return { log, renewer, broker, sockets, control, metrics }
}
