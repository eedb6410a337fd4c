/** What may be known of an exception that nobody expected: its message may hold a secret. */
export interface CrashReport {
  /** The name of its class, or the type of what was thrown instead of an error. */
  kind: string
  /** Node's or the system's code. */
  code?: string
  /** `file:line` of the innermost calls. */
  frames: string[]
}

/** What any child of the daemon says besides what it is there for. */
export type ChildSignal =
  | { type: 'heartbeat' }
  /** Something was thrown that nobody expected; it has cost one job, perhaps that of `user`, at most. */
  | { type: 'crash'; report: CrashReport; user?: string }
