import type { Log } from '../../logging/log.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import type { FollowerNews } from './follower-child.ts'

/**
 * Of whom there is no token in the engine, and none here that outlives it: what is gone with the engine's
 * data, as after a restore, was not signed out, and is good until it expires.
 */
export function absentUsers(
  { absent, isOlder = false }: Extract<FollowerNews, { type: 'listed' }>,
  keeper: Pick<TokenKeeper, 'find'>,
  log: Log,
): ReadonlySet<string> {
  if (!isOlder) return new Set(absent)
  const gone = absent.filter((user) => keeper.find(user)?.servable === undefined)
  log.warn('fleet.engine_older', { count: absent.length - gone.length })
  return new Set(gone)
}
