import { type CmsOauthError, DaemonUnreachableError } from '../errors.ts'
import { areOthersHidden } from '../kernel/hidden-processes.ts'
import type { AuditRule, BatchLog } from '../logging/log.ts'
import { Counters } from './metrics/counters.ts'
import type { TokenSource } from './socket/token-source.ts'

const hiddenHint =
  'lines of tokens have uid, gid and pid of who asks; with ProtectProc=default in the unit they have the program too'

/** The rule `audit` of [log] as it is in force: whether a token may leave while nobody takes the log. */
export class Audit {
  readonly log: BatchLog
  readonly counters: Counters
  #rule: AuditRule | undefined

  constructor(log: BatchLog, counters = new Counters()) {
    this.log = log
    this.counters = counters
  }

  /** True where a token leaves only after its line was written. */
  get isRequired(): boolean {
    return this.#rule === 'required'
  }

  /** True while no token leaves, because nobody takes the lines of the log. */
  get isStopped(): boolean {
    return this.isRequired && !this.log.together(() => {})
  }

  /** Takes up the rule of a configuration. */
  follow(rule: AuditRule): void {
    if (this.#rule === undefined && areOthersHidden()) {
      this.log.info('audit.programs_hidden', { hint: hiddenHint })
    }
    this.#rule = rule
  }

  /**
   * The same tokens for what is logged only once they were used, as a login through a bridge or a delivery:
   * none is given out while nobody takes the lines. @throws DaemonUnreachableError then
   */
  guard(tokens: TokenSource): TokenSource {
    return {
      serve: (user) => {
        if (this.isStopped) throw unauditable()
        return tokens.serve(user)
      },
    }
  }
}

/** The error in place of a token whose line nobody takes. */
export function unauditable(): CmsOauthError {
  return new DaemonUnreachableError(
    'nobody takes the lines of the log, and "audit" of [log] requires one',
    {
      hint: 'check what reads the log of the daemon, and the space on its disk',
    },
  )
}
