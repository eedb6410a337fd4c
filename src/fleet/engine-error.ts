import { isCmsOauthError, StoreLockedError, StoreUnreadableError } from '../errors.ts'
import { isEtcdError, isTemporary } from '../etcd/etcd-error.ts'

/**
 * The error of an engine as the operator sees it: StoreLockedError where waiting may be enough,
 * StoreUnreadableError where somebody must change something at the engine or here. Any other as it is.
 */
export function explainEngine(error: unknown): unknown {
  if (!isEtcdError(error) || isCmsOauthError(error)) return error
  const { message, hint, trouble } = error
  const told = { hint, cause: error }
  if (trouble === 'no_space') return new StoreLockedError(message, { ...told, actor: 'you' })
  return isTemporary(trouble)
    ? new StoreLockedError(message, told)
    : new StoreUnreadableError(message, told)
}
