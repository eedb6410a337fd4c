/** What OpenMetrics says of a metric before its samples. */
export interface Metric {
  type: 'gauge' | 'counter' | 'info'
  /** One sentence, without anything that must be escaped. */
  help: string
  labels: readonly string[]
}

/**
 * Every metric by the name of its samples, in the order in which they are written. An instant is Unix
 * time, as node_boot_time_seconds is: what is left until then would go stale in a file that nobody
 * replaces any more, while "expires - time()" stays true.
 */
export const metricTable = {
  cms_oauth_build_info: {
    type: 'info',
    help: 'The version of cms-oauthd, and of Node.js.',
    labels: ['version', 'node'],
  },
  cms_oauth_start_time_seconds: {
    type: 'gauge',
    help: 'When the daemon was started, as Unix time.',
    labels: [],
  },
  cms_oauth_token_state: {
    type: 'gauge',
    help: 'The present state of an account, always 1.',
    labels: ['account', 'state'],
  },
  cms_oauth_token_expires_seconds: {
    type: 'gauge',
    help: 'When the token in memory expires, as Unix time; absent where there is none that may be served.',
    labels: ['account'],
  },
  cms_oauth_sign_in_expires_seconds: {
    type: 'gauge',
    help: 'When the sign-in is expected to expire, as Unix time; absent where no day is known.',
    labels: ['account'],
  },
  cms_oauth_client_credential_expires_seconds: {
    type: 'gauge',
    help: 'When the client secret or certificate of an account expires, as Unix time; absent where no day is known.',
    labels: ['account', 'credential'],
  },
  cms_oauth_refreshes_total: {
    type: 'counter',
    help: 'Attempts to get a token: refreshed, or the code of the error.',
    labels: ['account', 'outcome'],
  },
  cms_oauth_grants_total: {
    type: 'counter',
    help: 'Tokens given to programs by a token socket.',
    labels: ['account', 'protocol'],
  },
  cms_oauth_refusals_total: {
    type: 'counter',
    help: 'Requests of token sockets that were refused, by the code of the error.',
    labels: ['reason'],
  },
  cms_oauth_audit_lost_total: {
    type: 'counter',
    help: 'Lines of the log that could not be written and are lost.',
    labels: [],
  },
  cms_oauth_bridge_clients: {
    type: 'gauge',
    help: 'Programs that are connected to bridges, logged in or not.',
    labels: ['protocol'],
  },
  cms_oauth_bridge_connections: {
    type: 'gauge',
    help: 'Connections of bridges to the mail server of an account.',
    labels: ['account'],
  },
  cms_oauth_bridge_logins_total: {
    type: 'counter',
    help: 'Logins of programs that a bridge has passed on.',
    labels: ['account', 'protocol'],
  },
  cms_oauth_bridge_refusals_total: {
    type: 'counter',
    help: 'Logins and connections that bridges have refused.',
    labels: [],
  },
  cms_oauth_outbox_messages: {
    type: 'gauge',
    help: 'Messages in an outbox, by their state.',
    labels: ['outbox', 'state'],
  },
  cms_oauth_outbox_oldest_seconds: {
    type: 'gauge',
    help: 'When the oldest message that waits was accepted, as Unix time; absent where none waits.',
    labels: ['outbox'],
  },
  cms_oauth_outbox_deliveries_total: {
    type: 'counter',
    help: 'Attempts to deliver a message: delivered, deferred or abandoned.',
    labels: ['outbox', 'outcome'],
  },
  cms_oauth_store_reachable: {
    type: 'gauge',
    help: 'Whether the etcd that hosts share answers (1) or not (0); absent where there is none.',
    labels: [],
  },
  cms_oauth_store_lag_seconds: {
    type: 'gauge',
    help: 'How old the newest token of another host was when it came here; absent until one has come.',
    labels: [],
  },
  cms_oauth_store_clock_ahead_seconds: {
    type: 'gauge',
    help: 'The clock of this host minus that of etcd: above 0 where this host is ahead.',
    labels: [],
  },
  cms_oauth_store_size_bytes: {
    type: 'gauge',
    help: 'The size of the file of the etcd node that answered last.',
    labels: [],
  },
  cms_oauth_record_number: {
    type: 'gauge',
    help: 'Where hosts share a store: how many grants an account has had since its sign-in, as far as this host knows.',
    labels: ['account'],
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof metricTable
