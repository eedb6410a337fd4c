import type * as nodeFs from 'node:fs'
import { OutboxFullError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'

const makeRoom = 'make room on its disk'
const putBack = 'put it back where it was, or run "cms-oauth reload", which makes an empty one'
const checkDisk = 'check its disk, its owner and its mode'
const hints: Partial<Record<string, string>> = {
  ENOSPC: makeRoom,
  EDQUOT: makeRoom,
  ENOENT: putBack,
  ENOTDIR: putBack,
}

/** What ends that the kernel refuses to use a spool. */
export function spoolHint(code = ''): string {
  return hints[code] ?? checkDisk
}

/** That the kernel refuses to write into a spool, for whoever hands a message over. */
export function spoolRefusal(
  path: string,
  error: NodeJS.ErrnoException,
  fs: Pick<typeof nodeFs, 'statfsSync'>,
): OutboxFullError {
  const { code = '' } = error
  const what = `the spool "${path}" cannot be written`
  if (code === 'ENOSPC' && fs.statfsSync(path).ffree === 0) {
    return new OutboxFullError(`${what}: its disk has no room for another file`, {
      hint: 'remove files there: "df -i" counts them',
      cause: error,
    })
  }
  return new OutboxFullError(`${what}: ${withErrnoWords(code)}`, {
    hint: spoolHint(code),
    cause: error,
  })
}
