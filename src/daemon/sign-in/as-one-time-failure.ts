import { type CmsOauthError, ProviderUnavailableError } from '../../errors.ts'
import { RenewerLostError } from '../processes/renewer-lost-error.ts'

/**
 * The error of what a person asked for with `command`: unlike a refresh, nobody but the person tries
 * that again. What somebody must fix first stays as it is.
 */
export function asOneTimeFailure(error: CmsOauthError, command: string): CmsOauthError {
  if (error.code !== 'provider_unavailable' || error.actor === 'you') return error
  const { message, answer, retryAfterMs } = error
  const moment =
    retryAfterMs === undefined ? ' in a minute' : ` in ${Math.ceil(retryAfterMs / 1_000)} s`
  const isOurs = error instanceof RenewerLostError
  return new ProviderUnavailableError(message, {
    hint: `run "${command}" again${isOurs ? '; if this keeps happening, check the log' : moment}`,
    answer,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    cause: error,
  })
}
