import { renewerConfinement } from '../child-process/confinements.ts'
import { networkEnvironment } from '../child-process/environment.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { runtimeDirectory } from '../configuration/paths.ts'
import type { Log } from '../logging/log.ts'
import type { ProgramFiles } from '../package/program-files.ts'
import type { Broker } from './broker/broker.ts'
import { RenewerHandle } from './processes/renewer-handle.ts'
import { SpareRenewer } from './processes/spare-renewer.ts'
import { serviceDirectory } from './systemd.ts'

interface RenewerParts {
  /** The renewer's program file. */
  modulePath: string
  spare: SpareRenewer
  log: Log
  programFiles: ProgramFiles
  /** Takes what a renewer reports without being asked; none does before its first job. */
  news: () => Broker['renewerNews']
}

/** A renewer that waits for a configuration. */
export function startSpareRenewer(modulePath: string): SpareRenewer {
  return new SpareRenewer({ modulePath, env: networkEnvironment(process.env) })
}

/** The renewers of this configuration's store; none but the spare one is started before it has a job. */
export function createRenewer(configuration: Configuration, parts: RenewerParts): RenewerHandle {
  const { news, ...rest } = parts
  const { store } = configuration
  const { env } = process
  const directory = serviceDirectory(env) ?? runtimeDirectory(env)
  const handle = new RenewerHandle({
    ...rest,
    env: networkEnvironment(env),
    store,
    runtimeDirectory: directory,
    confinementFor: (next) => renewerConfinement(next, { runtimeDirectory: directory, env }),
    onDurable: (user) => news().markDurable(user),
    onLost: (user, error) => news().acceptLost(user, error),
    onKept: (user) => news().acceptKept(user),
    onDropped: (user, wasRevoked) => news().noteDropped(user, wasRevoked),
    onLate: (account, refreshed) => news().acceptLate(account, refreshed),
  })
  handle.confineFor(configuration)
  return handle
}
