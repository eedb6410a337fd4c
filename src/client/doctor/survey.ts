import { loadConfiguration } from '../../configuration-file/load.ts'
import type {
  BridgeConfiguration,
  Configuration,
  SocketConfiguration,
} from '../../configuration/configuration.ts'
import { controlSocketPath } from '../../configuration/paths.ts'
import { AccountUnknownError, type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import type { AccountStatus, Diagnostics, UnusedSignIn } from '../../messages/control-api.ts'
import type { OutboxStatus } from '../../messages/outbox-api.ts'
import { ControlClient } from '../control-client.ts'
import { operandOf } from '../control.ts'
import type { CommandLine } from '../options.ts'
import type { StorePlaces } from './store-check.ts'

/** What there is to check, or why it is not there. */
export interface Survey {
  /** The address that was named; absent: all are checked. */
  user?: string
  configuration: Configuration | CmsOauthError
  controlPath: string
  daemon: Diagnostics | CmsOauthError
  /** All accounts or the one that was named; none without a daemon. */
  accounts: AccountStatus[]
  /** Sign-ins that no account uses, of all or of the address named. */
  unusedSignIns: UnusedSignIn[]
  /** The sockets that serve the accounts: the daemon's, else those of the file. */
  sockets: SocketConfiguration[]
  /** All of the file, where a daemon runs that has them open. */
  bridges: BridgeConfiguration[]
  /** Those that the daemon serves. */
  outboxes: readonly OutboxStatus[]
  control: ControlClient
  store: StorePlaces | undefined
}

/** Reads the configuration and asks the daemon. @throws AccountUnknownError, UsageError */
export async function survey(line: CommandLine): Promise<Survey> {
  const user = line.words.length > 1 ? operandOf(line) : undefined
  const found = load(line.options.config)
  const controlPath =
    line.options['control-sock'] ??
    (isLoaded(found) ? found.control.path : controlSocketPath(process.env))
  const control = new ControlClient(controlPath)
  const [daemon, everybody] = await Promise.all([
    outcomeOf(control.diagnostics(user)),
    outcomeOf(control.accounts()),
  ])
  const isUp = 'pid' in daemon
  const configuration = isUp ? configurationOf(daemon, found, line) : found
  const accounts = 'accounts' in everybody ? everybody.accounts : []
  const unused = 'accounts' in everybody ? (everybody.unused_sign_ins ?? []) : []
  requireKnown(configuration, user)
  const sockets = isUp ? daemon.sockets : isLoaded(configuration) ? configuration.sockets : []
  const bridges = isUp && isLoaded(configuration) ? configuration.bridges : []
  return {
    ...(user === undefined ? {} : { user }),
    configuration,
    controlPath,
    control,
    daemon,
    accounts: accounts.filter((account) => user === undefined || account.user === user),
    unusedSignIns: unused.filter((signIn) => user === undefined || signIn.user === user),
    sockets: sockets.filter((socket) => user === undefined || serves(socket, user)),
    bridges,
    outboxes: 'accounts' in everybody ? (everybody.outboxes ?? []) : [],
    store: storeOf(configuration, daemon),
  }
}

/** True if a configuration was loaded. */
export function isLoaded(loaded: Configuration | CmsOauthError): loaded is Configuration {
  return 'file' in loaded
}

/** True if a socket serves an address. */
export function serves({ accounts }: SocketConfiguration, user: string): boolean {
  return accounts === undefined || accounts.includes(user)
}

function load(file: string | undefined): Configuration | CmsOauthError {
  try {
    return loadConfiguration({ env: process.env, ...(file === undefined ? {} : { file }) })
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return error
  }
}

async function outcomeOf<T>(answer: Promise<T>): Promise<T | CmsOauthError> {
  try {
    return await answer
  } catch (error) {
    if (!isCmsOauthError(error) || error.code === 'account_unknown') throw error
    return error
  }
}

/** The daemon's file, unless another one was named. */
function configurationOf(
  { configuration: { file } }: Diagnostics,
  found: Configuration | CmsOauthError,
  { options }: CommandLine,
): Configuration | CmsOauthError {
  const isItsOwn = isLoaded(found) && found.file === file
  return isItsOwn || options.config !== undefined ? found : load(file)
}

function requireKnown(loaded: Configuration | CmsOauthError, user: string | undefined): void {
  if (user === undefined || !isLoaded(loaded)) return
  const known = loaded.accounts.map((account) => account.user)
  if (known.includes(user)) return
  throw new AccountUnknownError(`no account "${user}" is configured in "${loaded.file}"`, {
    hint: `it has ${known.join(', ')}`,
  })
}

/** Under systemd the daemon's directories differ from the user's. */
function storeOf(
  loaded: Configuration | CmsOauthError,
  daemon: Diagnostics | CmsOauthError,
): StorePlaces | undefined {
  if ('pid' in daemon) {
    const { store, uid } = daemon
    return { stateDirectory: store.state_directory, key: store.key, uid }
  }
  if (!isLoaded(loaded)) return undefined
  const { stateDirectory, key } = loaded.store
  const place = key.from === 'file' ? key : { from: key.from }
  return { stateDirectory, key: place, uid: process.getuid?.() ?? 0 }
}
