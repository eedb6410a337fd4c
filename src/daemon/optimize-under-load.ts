import { setFlagsFromString } from 'node:v8'
import type { TokenSource } from './socket/token-source.ts'

const burst = { requests: 500, withinSeconds: 10 }

/**
 * The same tokens, and V8's optimizing compiler once a burst of requests is worth it.
 * bin/cms-oauthd.js starts without: compiling one small function takes 4 MiB on Node 20 and 8 on Node 24, most of it the compiler's own
 * code, which an idle daemon would hold for good.
 */
export function optimizeUnderLoad(tokens: TokenSource): TokenSource {
  let requests = 0
  let since = 0
  return {
    serve(user) {
      if (requests < burst.requests) {
        const now = process.uptime()
        if (now - since > burst.withinSeconds) [requests, since] = [0, now]
        if (++requests === burst.requests) setFlagsFromString('--opt')
      }
      return tokens.serve(user)
    },
  }
}
