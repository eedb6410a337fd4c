import type * as nodeFs from 'node:fs'
import { OutboxFullError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { spoolStep } from '../../spool/spool-trouble.ts'

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
    hint: spoolStep(code),
    cause: error,
  })
}
