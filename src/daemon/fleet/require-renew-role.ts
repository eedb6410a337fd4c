import type { StoreConfiguration } from '../../configuration/configuration.ts'
import { ConfigInvalidError } from '../../errors.ts'

/** True where this host only hands out what others got. */
export function isServing(store: StoreConfiguration): boolean {
  return store.kind === 'etcd' && store.role === 'serve'
}

/** Before anything is asked. @throws ConfigInvalidError on a host that only serves */
export function requireRenewRole(store: StoreConfiguration, command: string): void {
  if (!isServing(store)) return
  throw new ConfigInvalidError(
    'this host only serves tokens ([store] role = "serve"): it has no sign-ins',
    { hint: `run "cms-oauth ${command}" on a host with role = "renew"` },
  )
}
