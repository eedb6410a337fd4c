/**
 * The one way to read a file whose rights matter: it is opened as its kind says, and judged by its
 * descriptor, so that what was checked is what is read.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { type CmsOauthError, InsecureFileModeError } from '../errors.ts'
import { withErrnoWords } from './errno-words.ts'
import {
  accessFault,
  type NamedFile,
  readCommand,
  requireDirectoryOf,
  requireFileAccess,
  typeFault,
} from './file-access.ts'
import { fileRules } from './file-rules.ts'
import { isSystemError } from './system-error.ts'

/** A file that is to be read, and what the error is where it cannot be. */
export interface ReadableFile extends NamedFile {
  unreadable: new (message: string, options: { hint: string; cause?: unknown }) => CmsOauthError
  /** The next step where it is not there, or the disk refuses it. */
  hint: string
}

/** What was read, and whose it was. */
export interface FileContent {
  bytes: Buffer
  stats: Stats
}

/** The file; undefined where there is none. @throws InsecureFileModeError, file.unreadable */
export function readFileIfThere(file: ReadableFile): FileContent | undefined {
  try {
    return withOpened(file, (fd, stats) => ({ bytes: readFileSync(fd), stats }))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw translated(file, error)
  }
}

/**
 * Refuses a file that is not there, or that could not be read; nothing of it is read.
 * @throws InsecureFileModeError, file.unreadable
 */
export function requireFile(file: ReadableFile): void {
  try {
    withOpened(file, () => {})
  } catch (error) {
    throw translated(file, error)
  }
}

/** @throws NodeJS.ErrnoException, InsecureFileModeError, file.unreadable */
function withOpened<T>(file: ReadableFile, use: (fd: number, stats: Stats) => T): T {
  const fd = openSync(file.path, flagsFor(file))
  try {
    const stats = fstatSync(fd)
    requireReadable(file, stats)
    return use(fd, stats)
  } finally {
    closeSync(fd)
  }
}

/** The file, read without holding up anything else. @throws InsecureFileModeError, file.unreadable */
export async function readFileInBackground(file: ReadableFile): Promise<FileContent> {
  try {
    const opened = await open(file.path, flagsFor(file))
    try {
      const stats = await opened.stat()
      requireReadable(file, stats)
      return { bytes: await opened.readFile(), stats }
    } finally {
      await opened.close()
    }
  } catch (error) {
    throw translated(file, error)
  }
}

/** Not blocking: a FIFO in its place would hold us up forever. */
function flagsFor({ kind }: NamedFile): number {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants
  const isFollowed = fileRules[kind].link === 'followed'
  return O_RDONLY | O_NONBLOCK | (isFollowed ? 0 : O_NOFOLLOW)
}

function requireReadable(file: ReadableFile, stats: Stats): void {
  const fault = typeFault(file, stats)
  if (fault !== undefined) throw new file.unreadable(fault.message, { hint: fault.hint })
  requireFileAccess(file, stats)
  requireDirectoryOf(file)
  const { mostBytes } = fileRules[file.kind]
  if (stats.size <= mostBytes) return
  throw new file.unreadable(
    `the ${file.what} "${file.path}" is larger than ${mostBytes / 1024} KiB`,
    {
      hint: 'it cannot be what it is used as: name another file',
    },
  )
}

/** What the system's error means for this file. */
function translated(file: ReadableFile, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause
  const { path, what } = file
  const present = statsOf(file)
  if (present !== undefined) {
    const fault = typeFault(file, present)
    if (fault !== undefined) return new file.unreadable(fault.message, { hint: fault.hint, cause })
  }
  const refused = cause.code === 'EACCES' ? present : undefined
  const stranger = refused && accessFault(file, refused)
  if (stranger !== undefined)
    return new InsecureFileModeError(stranger.message, { hint: stranger.hint })
  const command = refused && readCommand(path, refused)
  return new file.unreadable(
    `the ${what} "${path}" cannot be read: ${withErrnoWords(cause.code)}`,
    { hint: command === undefined ? file.hint : `run "${command}"`, cause },
  )
}

function statsOf({ path, kind }: NamedFile): Stats | undefined {
  try {
    return fileRules[kind].link === 'followed' ? statSync(path) : lstatSync(path)
  } catch {
    return undefined
  }
}
