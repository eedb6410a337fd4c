import type { EtcdStoreConfiguration } from '../configuration/configuration.ts'
import type { Right } from '../etcd/permission-trouble.ts'
import { metaKeyOf } from './fleet-keys.ts'

/**
 * What a host's user needs for a key of the store: one that renews has all below the prefix, and one that
 * only serves reads tokens.
 */
export function engineRightOf(
  { prefix, role }: Pick<EtcdStoreConfiguration, 'prefix' | 'role'>,
  key: string,
): Right {
  const meta = metaKeyOf(prefix)
  const shownAs = key === meta ? meta : key.slice(0, key.lastIndexOf('/') + 1)
  if (role === 'renew') return { right: 'readwrite', keys: prefix, isPrefix: true, shownAs }
  return { right: 'read', keys: shownAs, isPrefix: key !== meta, shownAs }
}
