import {
  type CmsOauthError,
  ProviderUnavailableError,
  stepBeforeRetry,
  StoreLockedError,
} from '../../errors.ts'
import { RenewerLostError } from '../processes/renewer-lost-error.ts'

/**
 * The error of what a person asked for with `command`: unlike a refresh, nobody but the person tries
 * that again. What is to be done first stays, and so does what somebody must fix.
 */
export function asOneTimeFailure(error: CmsOauthError, command: string): CmsOauthError {
  const again = `run "${command}" again`
  const step = stepBeforeRetry(error.hint)
  const afterStep = step ? `${step}; then ${again}` : undefined
  const { message, actor } = error
  const options = { ...(actor === undefined ? {} : { actor }), cause: error }
  if (error.code === 'store_locked') {
    if (step === undefined) return error
    return new StoreLockedError(message, { ...options, hint: afterStep ?? again })
  }
  const isToldAlready = step === undefined && error.hint.includes(command)
  if (error.code !== 'provider_unavailable' || actor === 'you' || isToldAlready) return error
  const { answer, retryAfterMs } = error
  return new ProviderUnavailableError(message, {
    ...options,
    hint: afterStep ?? `${again}${momentAfter(error)}`,
    answer,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function momentAfter(error: ProviderUnavailableError): string {
  if (error instanceof RenewerLostError) return '; if this keeps happening, check the log'
  const { retryAfterMs } = error
  return retryAfterMs === undefined ? ' in a minute' : ` in ${Math.ceil(retryAfterMs / 1_000)} s`
}
