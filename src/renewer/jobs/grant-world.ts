import type { Provider } from '../providers/provider.ts'
import type { Claim } from '../store/claim.ts'
import type { Store } from '../store/store.ts'

/** What an exchange works with. */
export interface GrantWorld {
  store: Store
  provider: Provider
  /** Under which the provider is asked. */
  claim: Claim
  /** Epoch ms. */
  now: () => number
}
