import {
  type CmsOauthError,
  ProviderUnavailableError,
  StoreLockedError,
  triedAgain,
} from '../../errors.ts'
import { RenewerLostError } from '../processes/renewer-lost-error.ts'

/**
 * The error of what a person asked for with `command`: unlike a refresh, nobody but the person tries
 * that again. What somebody must fix first stays as it is.
 */
export function asOneTimeFailure(error: CmsOauthError, command: string): CmsOauthError {
  if (error.code === 'store_locked') return asLockedOnce(error, command)
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

/** How the hints of a store end, which are those of its refreshes. */
const endings = ['it', 'this'].map((what) => `${what} ${triedAgain}`)

function asLockedOnce(error: StoreLockedError, command: string): StoreLockedError {
  const { message, hint, actor } = error
  const ending = endings.find((one) => hint.endsWith(one))
  if (ending === undefined) return error
  const step = hint.slice(0, -ending.length)
  return new StoreLockedError(message, {
    hint: `${step}${step === '' ? '' : 'then '}run "${command}" again`,
    ...(actor === undefined ? {} : { actor }),
    cause: error,
  })
}
