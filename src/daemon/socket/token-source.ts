import type { ServedToken } from '../../sasl/served-token.ts'

/** Where tokens come from: at once from memory, else after a bounded wait. */
export interface TokenSource {
  /** @throws CmsOauthError, or rejects with one, where there is no token to serve */
  serve(user: string): ServedToken | Promise<ServedToken>
}
