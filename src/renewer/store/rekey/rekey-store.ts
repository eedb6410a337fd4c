import type { StoreConfiguration } from '../../../configuration/configuration.ts'
import { ConfigInvalidError } from '../../../errors.ts'
import type { Rekeyed, RekeyOptions } from './rekeyed.ts'

/**
 * Seals every record of a store with the keys of another configuration of it. It may be killed at any
 * moment: each record is whole, and sealed with one key or the other; the next run goes on from there.
 * What neither key opens is told, and left alone.
 * @throws StoreLockedError where somebody works with the store, StoreUnreadableError, ConfigInvalidError
 */
export async function rekeyStore(
  from: StoreConfiguration,
  to: StoreConfiguration,
  options: RekeyOptions,
): Promise<Rekeyed> {
  if (from.kind === 'files' && to.kind === 'files') {
    const { rekeyFiles } = await import('./rekey-files.ts')
    return rekeyFiles(from, to, options)
  }
  if (from.kind === 'etcd' && to.kind === 'etcd') {
    const { rekeyEtcd } = await import('./rekey-etcd.ts')
    return rekeyEtcd(from, to, options)
  }
  throw new ConfigInvalidError('a store in files and one in etcd are two stores')
}
