import { ProviderUnavailableError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'

/** There was no renewer to ask, which may be temporary: no provider is to blame. */
export class RenewerLostError extends ProviderUnavailableError {
  /** No process could be had. */
  static notStarted(cause: NodeJS.ErrnoException): RenewerLostError {
    return new RenewerLostError(`the renewer could not be started: ${withErrnoWords(cause.code)}`, {
      hint: 'check the memory and process limits of the machine; after an update of Node restart cms-oauthd',
      actor: 'you',
      cause,
    })
  }

  /** The daemon stopped before the job had its turn. */
  static stopping(): RenewerLostError {
    return new RenewerLostError('cms-oauthd is being stopped', {
      hint: 'try again when it runs again',
    })
  }

  /** Its answer has another form than was agreed on: a fault of the program. */
  static misunderstood(isFateUnknown: boolean): RenewerLostError {
    return new RenewerLostError('the renewer gave an answer that cms-oauthd does not understand', {
      hint: 'this is a fault in cms-oauth: please report it with the line "renewer.message_refused" of the log',
      actor: 'you',
      isFateUnknown,
    })
  }

  /**
   * It was killed or broke, for a `reason` like a signal or status. Where the job may have had a
   * provider rotate the refresh token, nobody knows whether it did.
   */
  static ended(reason: string, isFateUnknown: boolean): RenewerLostError {
    return new RenewerLostError(`the renewer exited before it answered (${reason})`, {
      hint: 'it is started again for the next try; if this keeps happening, check the log',
      isFateUnknown,
    })
  }
}
