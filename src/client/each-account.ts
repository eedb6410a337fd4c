import { isCmsOauthError } from '../errors.ts'
import { exitStatus } from './exit-status.ts'
import { printError } from './terminal.ts'

/**
 * Does it for one account after the other. What fails is reported, and the next one has its turn; the
 * exit status is that of the first failure.
 */
export async function forEachAccount(
  users: readonly string[],
  run: (user: string) => Promise<unknown>,
): Promise<number> {
  let status = 0
  for (const user of users) {
    try {
      await run(user)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      printError(error)
      status ||= exitStatus[error.code]
    }
  }
  return status
}
