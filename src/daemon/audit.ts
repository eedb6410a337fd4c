import { type CmsOauthError, DaemonUnreachableError } from '../errors.ts'
import { areOthersHidden } from '../kernel/hidden-processes.ts'
import type { AuditRule, BatchLog } from '../logging/log.ts'
import { Counters } from './metrics/counters.ts'
import type { TokenSource } from './socket/token-source.ts'

const hiddenHint =
  'lines of tokens have uid, gid and pid of who asks; with ProtectProc=default in the unit they have the program too'

/** What is recorded of tokens that leave, and whether they do while nobody takes the log: `audit` of [log], as it is in force. */
export class Audit {
  readonly log: BatchLog
  readonly counters: Counters
  #rule: AuditRule | undefined

  constructor(log: BatchLog, counters = new Counters()) {
    this.log = log
    this.counters = counters
  }

  /** True: a token whose line cannot be written does not leave. */
  get isRequired(): boolean {
    return this.#rule === 'required'
  }

  /** True: nobody takes lines just now, so that no token leaves. */
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

  /** Tokens for what has its line only when they have been used: a login through a bridge, a delivery. */
  guard(tokens: TokenSource): TokenSource {
    return {
      serve: (user) => {
        if (this.isStopped) throw unauditable()
        return tokens.serve(user)
      },
    }
  }
}

/** Why a token does not leave that no line in the log would tell of. */
export function unauditable(): CmsOauthError {
  return new DaemonUnreachableError(
    'nobody takes the lines of the log, and "audit" of [log] requires one',
    {
      hint: 'check what reads the log of the daemon, and the space on its disk',
    },
  )
}
