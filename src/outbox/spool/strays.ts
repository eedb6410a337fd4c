/** Files under the name of an entry that are none: what a person was told is stored is not sent, and nobody hears of it. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { withErrnoWords } from '../../files/errno-words.ts'
import { versionOfEntry } from '../../spool/entry.ts'
import { isEntryId } from './entry-id.ts'
import { longestLine } from './read-beginning.ts'

/** One of them, and why it is not an entry. */
export interface Stray {
  path: string
  reason: string
  /** What ends it. */
  hint: string
}

const usualHint =
  'make it readable for the user of cms-oauthd alone, or move it away if it is not a message, then restart cms-oauthd'

/** Those in a spool, where `isKnown` says which entries were read. @throws NodeJS.ErrnoException */
export function findStrays(spool: string, isKnown: (id: string) => boolean): Stray[] {
  return ['new', 'failed'].flatMap((folder) =>
    readdirSync(join(spool, folder))
      .filter((name) => isEntryId(name) && !isKnown(name))
      .flatMap((name) => strayAt(join(spool, folder, name))),
  )
}

function strayAt(path: string): Stray[] {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      return [{ path, ...(fstatSync(fd).isFile() ? ofFile(fd) : notAFile) }]
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? [] : [{ path, reason: withErrnoWords(code), hint: usualHint }]
  }
}

const notAFile = { reason: 'it is not a file', hint: usualHint }

function ofFile(fd: number): Omit<Stray, 'path'> {
  const bytes = Buffer.alloc(longestLine)
  const version = versionOfEntry(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)))
  return version === undefined
    ? { reason: 'its first line is not that of a message', hint: usualHint }
    : {
        reason: `it has version ${version} of its format`,
        hint: 'install the version of cms-oauth that wrote it',
      }
}
