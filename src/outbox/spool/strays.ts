/** Files under the name of an entry that are none: what a person was told is stored is not sent, and nobody hears of it. */
import { closeSync, constants, fstatSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { withErrnoWords } from '../../files/errno-words.ts'
import { isEntryId } from './entry-id.ts'

/** One of them, and why it is not an entry. */
export interface Stray {
  path: string
  reason: string
}

/** What ends it. */
export const strayHint =
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
    const isFile = fstatSync(fd).isFile()
    closeSync(fd)
    return [
      { path, reason: isFile ? 'its first line is not that of a message' : 'it is not a file' },
    ]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? [] : [{ path, reason: withErrnoWords(code) }]
  }
}
