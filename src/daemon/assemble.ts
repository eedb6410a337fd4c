import type { Configuration } from '../configuration/configuration.ts'
import type { Finding } from '../configuration/finding.ts'
import { chooseLogOutput, createLogger, type Logger } from '../logging/logger.ts'
import type { ProgramFiles } from '../package/program-files.ts'
import { Audit } from './audit.ts'
import { LazyBridges } from './bridge/lazy-bridges.ts'
import { Broker } from './broker/broker.ts'
import { ControlSocket } from './control/control-socket.ts'
import { createControlServer } from './control/server.ts'
import { createRenewer } from './create-renewer.ts'
import { Metrics } from './metrics/metrics.ts'
import { optimizeUnderLoad } from './optimize-under-load.ts'
import { LazyOutboxes } from './outbox/lazy-outboxes.ts'
import type { RenewerHandle } from './processes/renewer-handle.ts'
import type { SpareRenewer } from './processes/spare-renewer.ts'
import { ServiceSockets } from './service-sockets.ts'
import type { InheritedSocket } from './systemd.ts'
import { TokenSockets } from './token-sockets.ts'
import type { OpenSeenGrants } from './fleet/open-seen-grants.ts'
import { tryEach } from './try-each.ts'

/** Where a daemon has its configuration and its programs from. */
export interface DaemonSources {
  /** Reads the configuration. @throws CmsOauthError */
  load: () => Promise<Configuration>
  /** What is wrong with the files, sockets and programs that it names. @throws CmsOauthError */
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

/** What a daemon consists of. */
export interface Parts {
  log: Logger
  renewer: RenewerHandle
  broker: Broker
  sockets: ServiceSockets
  control: ControlSocket
  metrics: Metrics
}

/** What a start has opened before the parts are made. */
interface Outset {
  inherited: readonly InheritedSocket[]
  spare: SpareRenewer
  openSeenGrants?: OpenSeenGrants | undefined
}

/** Connects the parts of a daemon; none of them is open, or starts a process, before it is asked to. */
export function assemble(
  configuration: Configuration,
  { inherited, spare, openSeenGrants }: Outset,
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
  const given = { configuration, renewer, counters, log, openSeenGrants }
  const broker: Broker = new Broker({
    ...given,
    loadConfiguration: load,
    inspect,
    applySockets: async (next) => {
      await control.restore()
      await sockets.apply(next)
      metrics.follow(next.metrics)
    },
    restoreSockets: (present) => tryEach([() => control.restore(), () => sockets.restore(present)]),
  })
  const accounts = () => broker.accountsInForce
  const source = { tokens: optimizeUnderLoad(broker.tokens), accounts }
  const shared = { inherited, counters, log, store: configuration.store }
  const { refusedTokens } = broker
  const guarded = { tokens: audit.guard(broker.tokens), refusedTokens, accounts }
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
  const create = () => createControlServer({ broker, bridges, outboxes, metrics })
  const control = new ControlSocket(create, inherited)
  return { log, renewer, broker, sockets, control, metrics }
}
