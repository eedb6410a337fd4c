import type { Account } from '../../accounts/account.ts'
import { signInOwners } from '../../accounts/accounts.ts'
import type { Finding } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import type {
  Diagnostics,
  ProviderDiagnosis,
  RenewerDiagnosis,
} from '../../messages/diagnostics.ts'
import type { SharedStoreStatus } from '../../messages/shared-store.ts'
import { version } from '../../package/version.ts'
import { isServing } from '../fleet/require-renew-role.ts'
import { runningMs } from '../../schedule/clock.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import { errorToWire, type WireError } from '../../shapes/wire-error.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'
import type { ConfigurationInForce } from './in-force.ts'

interface Subject {
  configuration: ConfigurationInForce
  /** Epoch ms. */
  loadedAt: number
  accounts: readonly Account[]
  renewer: RenewerHandle
  inspect: () => Promise<Finding[]>
  /** The store, where hosts share it. */
  shared?: SharedStoreStatus
}

/** What only the daemon can see of itself: nothing of it is secret. */
export async function diagnose(subject: Subject): Promise<Diagnostics> {
  const { configuration, loadedAt, accounts, renewer, inspect, shared } = subject
  const isReader = isServing(configuration.store)
  const [findings, renewerDiagnosis, ...providers] = await Promise.all([
    findingsOf(inspect),
    isReader ? withoutRenewer : diagnoseRenewer(renewer, accounts),
    ...(isReader ? [] : byIssuer(accounts)).map((served) => diagnoseProvider(renewer, served)),
  ])
  return {
    version,
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    node: process.versions.node,
    configuration: { file: configuration.file, loaded_at: isoTime(loadedAt) },
    sockets: configuration.sockets,
    store: {
      state_directory: configuration.store.stateDirectory,
      key: keyOf(configuration),
      ...(shared === undefined ? {} : { shared }),
    },
    renewer: renewerDiagnosis,
    providers,
    findings,
  }
}

function keyOf({ store: { key } }: ConfigurationInForce): Diagnostics['store']['key'] {
  switch (key?.from) {
    case undefined:
      return { from: 'none' }
    case 'file':
      return { from: 'file', path: key.path }
    case 'credential':
    case 'keyring':
    case 'command':
      return { from: key.from }
  }
}

/** A host that only reads tokens has none. */
const withoutRenewer: RenewerDiagnosis = { duration_ms: 0, records: null, error: null }

async function diagnoseRenewer(
  renewer: RenewerHandle,
  accounts: readonly Account[],
): Promise<RenewerDiagnosis> {
  const startedAt = runningMs()
  const outcome = await outcomeOf(renewer.run('open-store', { accounts: signInOwners(accounts) }))
  return {
    duration_ms: Math.round(runningMs() - startedAt),
    records: outcome.result?.records.length ?? null,
    error: outcome.error,
  }
}

async function diagnoseProvider(
  renewer: RenewerHandle,
  accounts: readonly Account[],
): Promise<ProviderDiagnosis> {
  const [account] = accounts
  const probing = account && renewer.run('probe', { account })
  const { result, error } = await outcomeOf(Promise.resolve(probing))
  return {
    users: accounts.map(({ user }) => user),
    host: result?.host ?? null,
    proxy: result?.proxy ?? null,
    duration_ms: result?.durationMs ?? null,
    clock_ahead_ms: result?.clockAheadMs ?? null,
    error,
  }
}

/** The file may be broken by now, which whoever asks reads too, and tells. */
async function findingsOf(inspect: Subject['inspect']): Promise<Finding[]> {
  try {
    return await inspect()
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return []
  }
}

function byIssuer(accounts: readonly Account[]): Account[][] {
  const groups = new Map<string, Account[]>()
  for (const account of accounts) {
    const group = groups.get(account.issuer)
    if (group === undefined) groups.set(account.issuer, [account])
    else group.push(account)
  }
  return [...groups.values()]
}

async function outcomeOf<T>(
  work: Promise<T>,
): Promise<{ result?: T | undefined; error: WireError | null }> {
  try {
    return { result: await work, error: null }
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return { error: errorToWire(error) }
  }
}
