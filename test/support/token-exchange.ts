import type { TokenExchange } from '../../src/https/token-exchange.ts'

/** An exchange that may be sent and keeps what comes in `kept`. */
export function openExchange(
  signal: AbortSignal = AbortSignal.timeout(60_000),
): TokenExchange & { kept: string[] } {
  const kept: string[] = []
  return {
    signal,
    kept,
    maySend: () => true,
    keep: async (refreshToken) => {
      kept.push(refreshToken.reveal())
    },
  }
}
