import type { Provider } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'

/** What an exchange works with. */
export interface GrantWorld {
  store: Store
  provider: Provider
  /** Epoch ms. */
  now: () => number
}
