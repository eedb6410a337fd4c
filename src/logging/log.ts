import type { ProviderAnswer } from '../errors.ts'

/** The levels, from the most verbose on. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

/** What happens to a token whose line nobody takes: it leaves, and the line is counted; or it does not leave. */
export const auditRules = ['counted', 'required'] as const
export type AuditRule = (typeof auditRules)[number]

/** The fields a log line may have: an allow-list, so that no secret can be logged by accident. */
export interface LogFields {
  user?: string
  provider?: string
  protocol?: string
  state?: string
  /** The error code of src/errors.ts. */
  code?: string
  /** A message of src/errors.ts. */
  message?: string
  hint?: string
  /** Who must act: see actorOf of src/errors.ts. */
  actor?: string
  answer?: ProviderAnswer
  /** Of a token: see fingerprint(). */
  fingerprint?: string
  uid?: number
  gid?: number
  pid?: number
  /** /proc/PID/comm of a peer. */
  program?: string | undefined
  /** What it runs, where the kernel shows that. */
  executable?: string | undefined
  /** Of systemd. */
  unit?: string | undefined
  /** When it was started, RFC 3339: tells two of the same `pid` apart. */
  startedAt?: string
  path?: string
  /** Of a network peer. */
  address?: string
  /** Who a bridge let in: the name of a password, `peer` or `network`; at an outbox only the name. */
  caller?: string
  /** Of a claim on a record that hosts share. */
  job?: string
  /** Of such a record: how many grants the account has had since its sign-in. */
  number?: number
  /** Another host. */
  host?: string
  /** Of SASL. */
  mechanism?: string
  /** A mail server, as HOST:PORT. */
  server?: string
  bytesUp?: number
  bytesDown?: number
  /** RFC 3339. */
  expiresAt?: string
  durationMs?: number
  delayMs?: number
  count?: number
  signal?: string
  version?: string
  reason?: string
  /** Where an exception came from: `file:line` of each call, the innermost first. */
  stack?: string
}

/** One event word (`token.refreshed`) per line and fields for the rest, no prose. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/** A log that can write several lines in one go. */
export interface BatchLog extends Log {
  /** Writes what `log` logs before it returns, in one write; false unless all of it was taken. */
  together(log: () => void): boolean
}
