import type { Provider } from '../providers/provider.ts'
import type { Claim } from '../store/claim.ts'
import type { Store } from '../store/store.ts'

/** What an exchange works with. */
export interface GrantWorld {
  store: Store
  provider: Provider
  /** Under which the provider is asked; what comes later than that is over is saved under another. */
  claim: Claim
  /** Epoch ms, by the clock of the engine where hosts share the store. */
  now: () => number
  /** Has what nobody waits for end before the process does. */
  goOn: (work: Promise<unknown>) => void
}
