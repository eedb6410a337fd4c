import { StoreUnreadableError } from '../errors.ts'
import { withErrnoWords } from './errno-words.ts'

/** True for an error of the operating system, false for a programmer's mistake. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === 'number'
}

/** True where the disk is full, failing or read-only for that: it may be temporary, and tokens are served meanwhile. */
export function isDiskTrouble(error: unknown): error is NodeJS.ErrnoException {
  return isSystemError(error) && ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'].includes(error.code ?? '')
}

/** A system error as the operator sees it; anything else as it is. */
export function explain(path: string, error: unknown): unknown {
  if (!isSystemError(error)) return error
  return new StoreUnreadableError(`the store cannot use "${path}": ${withErrnoWords(error.code)}`, {
    hint: 'check the disk, and the owner and mode of the file and the directories above it',
    cause: error,
  })
}
