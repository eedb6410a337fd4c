import type { Log } from '../../logging/log.ts'
import type { BrokerEvent } from '../../messages/control-api.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import type { TokenFile, TokenFileEvent } from '../token-file/token-file.ts'
import type { Notice } from '../notices/notifier.ts'

interface TokenFileEventsOptions {
  log: Log
  publish: (event: Omit<BrokerEvent, 'time'>) => void
  notify: (notice: Notice) => unknown
}

/** Turns what happens to token files into log lines, events of the control socket and notices. */
export class TokenFileEvents {
  readonly #options: TokenFileEventsOptions

  constructor(options: TokenFileEventsOptions) {
    this.#options = options
  }

  /** Takes one event of a token file. */
  handle({ configuration }: Pick<TokenFile, 'configuration'>, event: TokenFileEvent): void {
    const { path, account: user } = configuration
    const { log, publish, notify } = this.#options
    switch (event.event) {
      case 'token_file.written': {
        const { fingerprint, expiresAt } = event.token
        const end = isoTime(expiresAt)
        log.info(event.event, { user, path, fingerprint, expiresAt: end })
        break
      }
      case 'token_file.removed':
        log.info(event.event, { user, path })
        break
      case 'token_file.expired': {
        log.warn(event.event, { user, path })
        const message = `the token in "${path}" has expired and no new one has come: see "cms-oauth status"`
        notify({ event: 'token_file_expired', user, message })
        break
      }
      case 'token_file.failed': {
        const { message, hint } = event.problem
        log.warn(event.event, { user, path, message, hint })
        if (event.isFirst)
          notify({ event: 'token_file_failed', user, message: `${message}; ${hint}` })
        break
      }
    }
    const detail = event.event === 'token_file.failed' ? event.problem.message : path
    publish({ event: event.event, user, detail })
  }
}
