import type { FreshToken, Jobs } from '../../src/messages/renewer-jobs.ts'

/** The token that a refresh gives. @throws Error where another host has the account */
export async function tokenOf(refreshing: Promise<Jobs['refresh']['result']>): Promise<FreshToken> {
  const result = await refreshing
  if ('later' in result) throw new Error(`no token: ${result.later.reason}`)
  return result
}
