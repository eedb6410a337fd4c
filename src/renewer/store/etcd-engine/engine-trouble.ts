import {
  type CmsOauthError,
  isCmsOauthError,
  StoreLockedError,
  StoreUnreadableError,
} from '../../../errors.ts'
import { type EtcdError, isEtcdError, isTemporary } from '../../../etcd/etcd-error.ts'

/** What comes of a call; an engine's error as the operator sees it, any other as it is. */
export async function explained<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!isEtcdError(error) || isCmsOauthError(error)) throw error
    throw translate(error)
  }
}

/** Waiting may be enough, or somebody must change something at the engine or here. */
function translate(error: EtcdError): CmsOauthError {
  const { message, hint, trouble } = error
  const told = { hint, cause: error }
  if (trouble === 'no_space') return new StoreLockedError(message, { ...told, actor: 'you' })
  return isTemporary(trouble)
    ? new StoreLockedError(message, told)
    : new StoreUnreadableError(message, told)
}
