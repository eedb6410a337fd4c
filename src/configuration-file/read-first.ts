import { isUtf8 } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { ConfigInvalidError, isCmsOauthError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { requireFileAccess } from '../files/file-access.ts'

interface FoundFile {
  path: string
  text: string
  /** Of the very file that was read, whatever its name leads to by now. */
  stats: Stats
}

/**
 * Reads the first of the files that exists.
 * @throws InsecureFileModeError where others could change it
 * @throws ConfigInvalidError where none exists, or it is not a file, or not in UTF-8
 */
export function readFirst(candidates: readonly string[]): FoundFile {
  for (const path of candidates) {
    try {
      return read(path)
    } catch (error) {
      if (isCmsOauthError(error)) throw error
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') continue
      throw new ConfigInvalidError(
        `the configuration "${path}" cannot be read: ${withErrnoWords(code)}`,
        {
          hint: 'check the file and the directories above it',
          cause: error,
        },
      )
    }
  }
  const places = candidates.map((path) => `"${path}"`).join(' and ')
  throw new ConfigInvalidError(`there is no configuration: looked for ${places}`, {
    hint: 'run "cms-oauth init", which writes one, or name it with --config',
  })
}

function read(path: string): FoundFile {
  // A pipe without a writer would hold up whoever opens it.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(fd)
    requireFile(path, stats)
    requireFileAccess({ path, what: `the configuration "${path}"`, kind: 'public' }, stats)
    const bytes = readFileSync(fd)
    if (isUtf8(bytes)) return { path, text: bytes.toString(), stats }
  } finally {
    closeSync(fd)
  }
  throw new ConfigInvalidError(`the configuration "${path}" is not in UTF-8`, {
    hint: 'save it in that encoding',
  })
}

function requireFile(path: string, stats: Stats): void {
  if (stats.isFile()) return
  throw new ConfigInvalidError(`the configuration "${path}" is not a regular file`, {
    hint: 'a reload reads it again: name a file, not a directory or a pipe',
  })
}
