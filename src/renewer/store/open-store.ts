import type { StoreConfiguration } from '../../configuration/configuration.ts'
import type { FleetNews } from '../../messages/renewer-messages.ts'
import type { Store, StoreOptions } from './store.ts'

/** What a store is opened with, whatever keeps it. */
interface OpenOptions extends StoreOptions {
  runtimeDirectory: string
  issuer: () => string
  signal: AbortSignal
  onWaiting: (reason: string) => void
  /** Told what happens to records that hosts share. */
  onNews: (news: FleetNews) => void
  /** Within which a job is answered, in ms. */
  deadlineMs: number
}

/** Opens the store of this configuration; only the code of its engine is loaded. @throws CmsOauthError */
export async function openStore(store: StoreConfiguration, options: OpenOptions): Promise<Store> {
  if (store.kind === 'etcd') {
    const { openEtcdStore } = await import('./etcd-engine/open-etcd-store.ts')
    return openEtcdStore({ ...options, store })
  }
  const { openFileStore } = await import('./open-file-store.ts')
  return openFileStore({ ...options, ...store })
}
