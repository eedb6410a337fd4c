import { OutboxFullError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { isSystemError } from '../../files/system-error.ts'
import { spoolStep } from '../../spool/spool-trouble.ts'

/** What the kernel refused at the spool, as it is reported; all else stays as it is. */
export function asOutboxError(error: unknown): unknown {
  if (!isSystemError(error)) return error
  return new OutboxFullError(`the spool cannot be used: ${withErrnoWords(error.code)}`, {
    hint: spoolStep(error.code),
    cause: error,
  })
}
