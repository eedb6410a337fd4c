import { isCmsOauthError } from '../errors.ts'
import { exitStatus } from './exit-status.ts'
import { printError } from './terminal.ts'

/**
 * Calls `run` for each account in turn. A failure is reported and does not stop the others; the
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
