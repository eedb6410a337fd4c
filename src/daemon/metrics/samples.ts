import type { Configuration } from '../../configuration/configuration.ts'
import { version } from '../../package/version.ts'
import { foreseenEnds } from '../broker/foreseen-ends.ts'
import type { SharedStoreStatus } from '../../messages/shared-store.ts'
import type { ServedOutboxState } from '../outbox/outboxes.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { shownState } from '../tokens/shown-state.ts'
import { AccountLabels } from './account-labels.ts'
import { type Counters, deliveryOutcomes } from './counters.ts'
import type { MetricName } from './metric-table.ts'
import type { Labels } from './text-format.ts'

/** What the metrics are read from; nothing of it is started or asked for it. */
export interface MetricSources {
  broker: {
    readonly tokens: { all(): Iterable<AccountToken> }
    readonly configuration: Pick<Configuration, 'metrics' | 'bridges'>
    /** Undefined: the records are files of this host. */
    sharedStore(): SharedStoreStatus | undefined
  }
  bridges: {
    connections(): ReadonlyMap<string, number>
    clients(): ReadonlyMap<string, number>
  }
  outboxes: { states(): readonly ServedOutboxState[] }
  counters: Counters
  log: { readonly lostLines: number }
}

/** Undefined: an account, or whatever comes next, of which there is nothing to say. */
type Samples = Iterable<readonly [Labels, number] | undefined>

const labels = new AccountLabels()
// Not performance.timeOrigin, with which Node loads ten modules of its own.
const startedAt = Date.now() - process.uptime() * 1_000

/** The samples of each metric, at the moment that they are taken. */
export const samplesOf: Record<MetricName, (sources: MetricSources) => Samples> = {
  cms_oauth_build_info: () => [[{ version, node: process.versions.node }, 1]],
  cms_oauth_start_time_seconds: () => [[{}, seconds(startedAt)]],
  cms_oauth_token_state: (sources) =>
    eachAccount(sources, function* (account, token) {
      yield [{ account, state: shownState(token) }, 1]
    }),
  cms_oauth_token_expires_seconds: (sources) =>
    eachAccount(sources, function* (account, { servable }) {
      if (servable !== undefined) yield [{ account }, seconds(servable.expiresAt)]
    }),
  cms_oauth_sign_in_expires_seconds: (sources) =>
    eachAccount(sources, function* (account, token) {
      const [next] = foreseenEnds(token, Date.now()).filter(({ what }) => what === 'sign_in')
      if (next !== undefined) yield [{ account }, seconds(next.at)]
    }),
  cms_oauth_client_credential_expires_seconds: (sources) =>
    eachAccount(sources, function* (account, token) {
      for (const { what, at } of foreseenEnds(token, Date.now())) {
        if (what !== 'sign_in') yield [{ account, credential: what }, seconds(at)]
      }
    }),
  cms_oauth_refreshes_total: (sources) =>
    eachAccount(sources, function* (account, token) {
      const counts = sources.counters.refreshes.of(token.account.user)
      // A rate of what has never happened is 0, not unknown.
      if (!counts.has('refreshed')) yield [{ account, outcome: 'refreshed' }, 0]
      for (const [outcome, count] of counts) yield [{ account, outcome }, count]
    }),
  cms_oauth_grants_total: (sources) =>
    eachAccount(sources, function* (account, token) {
      const counts = sources.counters.grants.of(token.account.user)
      for (const [protocol, count] of counts) yield [{ account, protocol }, count]
    }),
  cms_oauth_refusals_total: ({ counters }) =>
    Array.from(counters.refusals, ([reason, count]) => [{ reason }, count]),
  cms_oauth_audit_lost_total: ({ log }) => [[{}, log.lostLines]],
  cms_oauth_bridge_clients: ({ bridges }) =>
    Array.from(bridges.clients(), ([protocol, count]) => [{ protocol }, count]),
  cms_oauth_bridge_connections: (sources) => {
    const connections = sources.bridges.connections()
    const bridged = bridgedUsers(sources)
    return eachAccount(sources, function* (account, token) {
      const { user } = token.account
      if (bridged.has(user)) yield [{ account }, connections.get(user) ?? 0]
    })
  },
  cms_oauth_bridge_logins_total: (sources) =>
    eachAccount(sources, function* (account, token) {
      const counts = sources.counters.bridgeLogins.of(token.account.user)
      for (const [protocol, count] of counts) yield [{ account, protocol }, count]
    }),
  cms_oauth_bridge_refusals_total: ({ counters }) => [[{}, counters.bridgeRefusals]],
  cms_oauth_outbox_messages: ({ outboxes }) =>
    outboxes
      .states()
      .flatMap(({ name: outbox, waiting, abandoned }) => [
        [{ outbox, state: 'waiting' }, waiting] as const,
        [{ outbox, state: 'abandoned' }, abandoned] as const,
      ]),
  cms_oauth_outbox_oldest_seconds: ({ outboxes }) =>
    outboxes
      .states()
      .map(({ name: outbox, oldestAt }) =>
        oldestAt === undefined ? undefined : [{ outbox }, seconds(oldestAt)],
      ),
  cms_oauth_outbox_deliveries_total: ({ outboxes, counters }) =>
    outboxes.states().flatMap(({ name: outbox }) => {
      const counts = counters.deliveries.of(outbox)
      return deliveryOutcomes.map(
        (outcome) => [{ outbox, outcome }, counts.get(outcome) ?? 0] as const,
      )
    }),
  cms_oauth_store_reachable: (sources) =>
    ofStore(sources, ({ is_reachable: isReachable }) => Number(isReachable)),
  cms_oauth_store_lag_seconds: (sources) =>
    ofStore(sources, ({ lag_ms: lagMs }) => lagMs && lagMs / 1_000),
  cms_oauth_store_clock_ahead_seconds: (sources) =>
    ofStore(sources, ({ host_clock_ahead_ms: aheadMs }) => aheadMs && aheadMs / 1_000),
  cms_oauth_store_size_bytes: (sources) => ofStore(sources, ({ db_size_bytes: bytes }) => bytes),
  cms_oauth_record_number: (sources) =>
    eachAccount(sources, function* (account, { history }) {
      const { number } = history.newest ?? {}
      if (number !== undefined) yield [{ account }, number]
    }),
}

function ofStore(
  { broker }: MetricSources,
  valueOf: (store: SharedStoreStatus) => number | null,
): Samples {
  const store = broker.sharedStore()
  const value = store === undefined ? null : valueOf(store)
  return value === null ? [] : [[{}, value]]
}

type PerAccount = (account: string, token: AccountToken) => Samples

/** The samples of every account, and one `undefined` for each, so that whoever takes them can count. */
function* eachAccount({ broker }: MetricSources, samples: PerAccount): Samples {
  const rule = broker.configuration.metrics.labels
  for (const token of broker.tokens.all()) {
    yield* samples(labels.of(token.account.user, rule), token)
    yield undefined
  }
}

function bridgedUsers({ broker }: MetricSources): ReadonlySet<string> {
  const bridges = broker.configuration.bridges
  return new Set(bridges.flatMap(({ accounts }) => accounts.map(({ user }) => user)))
}

function seconds(epochMs: number): number {
  return Math.round(epochMs) / 1_000
}
