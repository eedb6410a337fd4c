import { mkdirSync } from 'node:fs'
import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { ConfigInvalidError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { requirePrivateDirectory } from '../../files/safe-directory.ts'

/**
 * Makes the folders of outboxes, for us alone.
 * @throws ConfigInvalidError where one cannot be made, InsecureFileModeError where others may write it
 */
export function makeSpools(outboxes: readonly OutboxConfiguration[]): void {
  for (const { spool } of outboxes) {
    try {
      mkdirSync(spool, { recursive: true, mode: 0o700 })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const message = `the spool "${spool}" cannot be made: ${withErrnoWords(code)}`
      const hint = 'check the state directory: its disk, its owner and its mode'
      throw new ConfigInvalidError(message, { hint, cause: error })
    }
    requirePrivateDirectory(spool)
  }
}
