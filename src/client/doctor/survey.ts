import type {
  BridgeConfiguration,
  Configuration,
  SocketConfiguration,
  StoreKeySource,
} from '../../configuration/configuration.ts'
import { addressHint } from '../../command-line/nearest-known.ts'
import { controlSocketPath } from '../../configuration/paths.ts'
import { AccountUnknownError, type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import type { AccountsAnswer, AccountStatus, UnusedSignIn } from '../../messages/control-api.ts'
import type { Diagnostics } from '../../messages/diagnostics.ts'
import type { OutboxStatus } from '../../messages/outbox-api.ts'
import { connectTo, operandOf } from '../control.ts'
import type { ControlClient } from '../control-client.ts'
import { isOfMailbox } from '../is-of-mailbox.ts'
import { isSilence } from '../no-answer.ts'
import type { CommandLine } from '../options.ts'
import { readConfiguration } from '../read-configuration.ts'
import type { StorePlaces } from './store-check.ts'

/** What is known at once. */
export interface Outset {
  /** The address that was named; absent: all are checked. */
  user?: string
  configuration: Configuration | CmsOauthError
  /** What the daemon has read; absent: there is no daemon. */
  daemonFile?: string
  controlPath: string
  control: ControlClient
  /** Without a daemon the reason why. */
  everybody: AccountsAnswer | CmsOauthError
}

/** What there is to check, or why it is not there. */
export interface Survey extends Pick<Outset, 'user' | 'configuration' | 'controlPath' | 'control'> {
  daemon: Diagnostics | CmsOauthError
  /** All accounts or the one that was named; none without a daemon. */
  accounts: AccountStatus[]
  /** Why nothing is known of them, nor of what else that answer tells; absent: it is. */
  unread?: CmsOauthError
  /** Sign-ins that no account uses, of all or of the address named. */
  unusedSignIns: UnusedSignIn[]
  /** The sockets that serve the accounts: the daemon's, else those of the file. */
  sockets: SocketConfiguration[]
  /** The bridges of the file; empty unless a daemon runs, which has them open. */
  bridges: BridgeConfiguration[]
  /** Those that the daemon serves. */
  outboxes: readonly OutboxStatus[]
  store: StorePlaces | undefined
}

/** Reads the configuration and finds the daemon. @throws AccountUnknownError, UsageError */
export async function lookAround(line: CommandLine): Promise<Outset> {
  const user = line.words.length > 1 ? operandOf(line) : undefined
  const found = await load(line.options.config)
  const given = line.options['control-sock']
  const controlPath =
    given ?? (isLoaded(found) ? found.control.path : controlSocketPath(process.env))
  const control = given === undefined ? connectTo(controlPath) : connectTo(given, true)
  const everybody = await outcomeOf(control.accounts())
  const isKnown = user === undefined || accountsIn(everybody).some((each) => each.user === user)
  // An older daemon says its file only in its diagnosis, which takes time.
  const daemonFile =
    (isKnown && fileIn(everybody)) || fileIn(await diagnose(control, everybody, user))
  const configuration = await configurationOf(daemonFile, found, line)
  requireKnown(configuration, user)
  return {
    ...(user === undefined ? {} : { user }),
    ...(daemonFile === undefined ? {} : { daemonFile }),
    configuration,
    controlPath,
    control,
    everybody,
  }
}

/** What the daemon finds too: it asks providers, and opens the store. @throws AccountUnknownError */
export async function survey({ everybody, ...outset }: Outset): Promise<Survey> {
  const { user, configuration, control } = outset
  const daemon = await diagnose(control, everybody, user)
  const isUp = 'pid' in daemon
  const unused = 'accounts' in everybody ? (everybody.unused_sign_ins ?? []) : []
  const sockets = isUp ? daemon.sockets : isLoaded(configuration) ? configuration.sockets : []
  return {
    ...outset,
    daemon,
    accounts: accountsIn(everybody).filter(
      (account) => user === undefined || isOfMailbox(account, user),
    ),
    ...(isCmsOauthError(everybody) ? { unread: everybody } : {}),
    unusedSignIns: unused.filter((each) => user === undefined || each.user === user),
    sockets: sockets.filter((socket) => user === undefined || serves(socket, user)),
    bridges: isUp && isLoaded(configuration) ? configuration.bridges : [],
    outboxes: 'accounts' in everybody ? (everybody.outboxes ?? []) : [],
    store: storeOf(configuration, daemon),
  }
}

/** A daemon that does not answer a simple question is not asked for more. */
async function diagnose(
  control: ControlClient,
  everybody: Outset['everybody'],
  user: string | undefined,
): Promise<Diagnostics | CmsOauthError> {
  if (isCmsOauthError(everybody) && isSilence(everybody)) return everybody
  return outcomeOf(control.diagnostics(user))
}

/** True if a configuration was loaded. */
export function isLoaded(loaded: Configuration | CmsOauthError): loaded is Configuration {
  return 'file' in loaded
}

/** True if a socket serves an address. */
export function serves({ accounts }: SocketConfiguration, user: string): boolean {
  return accounts === undefined || accounts.includes(user)
}

function accountsIn(everybody: AccountsAnswer | CmsOauthError): AccountStatus[] {
  return 'accounts' in everybody ? everybody.accounts : []
}

/** The configuration that the daemon has read, if that is said. */
function fileIn(said: AccountsAnswer | Diagnostics | CmsOauthError): string | undefined {
  if ('accounts' in said) return said.config_file
  return 'pid' in said ? said.configuration.file : undefined
}

async function load(file: string | undefined): Promise<Configuration | CmsOauthError> {
  try {
    return await readConfiguration({ env: process.env, ...(file === undefined ? {} : { file }) })
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
async function configurationOf(
  file: string | undefined,
  found: Configuration | CmsOauthError,
  { options }: CommandLine,
): Promise<Configuration | CmsOauthError> {
  const isItsOwn = file === undefined || (isLoaded(found) && found.file === file)
  return isItsOwn || options.config !== undefined ? found : load(file)
}

function requireKnown(loaded: Configuration | CmsOauthError, user: string | undefined): void {
  if (user === undefined || !isLoaded(loaded)) return
  const known = loaded.accounts.map((account) => account.user)
  if (known.includes(user)) return
  throw new AccountUnknownError(`no account "${user}" is configured in "${loaded.file}"`, {
    hint: addressHint(user, known, `it has ${known.join(', ')}`),
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
  return { stateDirectory, key: placeOf(key), uid: process.getuid?.() ?? 0 }
}

function placeOf(key: StoreKeySource | undefined): StorePlaces['key'] {
  if (key === undefined) return { from: 'none' }
  return key.from === 'file' ? key : { from: key.from }
}
