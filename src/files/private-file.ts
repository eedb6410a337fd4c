import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { ConfigInvalidError, InsecureFileModeError } from '../errors.ts'
import { withErrnoWords } from './errno-words.ts'
import { type FileKind, requireFileAccess } from './file-access.ts'

/** A file, how it is spoken of, and how open it may be: as a secret if nothing is said. */
interface PrivateFile {
  path: string
  /** Like `client secret`. */
  what: string
  /** The configuration's key that names the file. */
  key: string
  kind?: FileKind
}

/**
 * The text of a file with a secret, which must belong to root or us and be no more open than its kind.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readPrivateFile(file: PrivateFile): Promise<string> {
  const { path, what, key, kind = 'secret' } = file
  try {
    // Not blocking: a FIFO in its place would hold us up forever.
    const opened = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      requireFileAccess({ path, what: `the ${what} "${path}"`, kind }, await opened.stat())
      return await opened.readFile('utf8')
    } finally {
      await opened.close()
    }
  } catch (error) {
    if (error instanceof InsecureFileModeError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(`the ${what} "${path}" cannot be read: ${withErrnoWords(code)}`, {
      hint: `check ${key} and the directories above it`,
      cause: error,
    })
  }
}
