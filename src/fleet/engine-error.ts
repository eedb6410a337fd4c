import { ConfigInvalidError, StoreLockedError } from '../errors.ts'
import { isEtcdError, isTemporary } from '../etcd/etcd-error.ts'

/**
 * The error of an engine as this program's: StoreLockedError where waiting may be enough,
 * ConfigInvalidError where somebody must change something. Any other as it is.
 */
export function explainEngine(error: unknown): unknown {
  if (!isEtcdError(error)) return error
  const { message, hint, trouble } = error
  const Class = isTemporary(trouble) ? StoreLockedError : ConfigInvalidError
  return new Class(message, { hint, cause: error })
}
