import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { requireOwner } from '../config/require-owner.ts'
import { ConfigInvalidError, InsecureFileModeError } from '../errors.ts'

/** Permission bits that a file must not have, by its owner. */
interface RefusedModes {
  ofRoot: number
  ofUs: number
}

/** Root gives a service its secret through a group; a systemd credential's ACL looks the same. */
const secretModes: RefusedModes = { ofRoot: 0o027, ofUs: 0o077 }
/** For what others may read, but not replace. */
export const publicModes: RefusedModes = { ofRoot: 0o022, ofUs: 0o022 }
/** For what a platform writes as root, and readable for whoever it runs there. */
export const projectedModes: RefusedModes = { ofRoot: 0o022, ofUs: 0o077 }

/** A file, how it is spoken of, and how open it may be. */
interface PrivateFile {
  path: string
  /** Like `client secret`. */
  what: string
  /** The configuration's key that names the file. */
  key: string
  refused?: RefusedModes
}

/**
 * The text of a file with a secret, which must belong to root or us and be closed to others.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readPrivateFile(file: PrivateFile): Promise<string> {
  const { path, what, key } = file
  try {
    // Not blocking, lest a FIFO in its place holds us up for ever.
    const opened = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      requirePrivate(file, await opened.stat())
      return await opened.readFile('utf8')
    } finally {
      await opened.close()
    }
  } catch (error) {
    if (error instanceof InsecureFileModeError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(`the ${what} "${path}" cannot be read: ${code}`, {
      hint: `look at ${key} and the directories above it`,
      cause: error,
    })
  }
}

function requirePrivate(file: PrivateFile, { mode, uid }: Stats): void {
  const { path, what, refused = secretModes } = file
  requireOwner(`the ${what} "${path}"`, uid)
  if ((mode & (uid === 0 ? refused.ofRoot : refused.ofUs)) === 0) return
  throw new InsecureFileModeError(`others may open the ${what} "${path}"`, {
    hint: `run "chmod go= ${path}"`,
  })
}
