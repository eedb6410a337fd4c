import { constants } from 'node:fs'
import type * as nodeFs from 'node:fs'

/** Of the message: its header, unless that is very long. */
const headerBytes = 16 * 1_024
/** How long the first line of an entry may be, in bytes: it names all recipients. */
export const longestLine = 256 * 1_024

/** The first line of an entry and the beginning of its message; undefined where it is not a file that can be read. */
export function readBeginning(
  path: string,
  fs: Pick<typeof nodeFs, 'openSync' | 'fstatSync' | 'readSync' | 'closeSync'>,
): Buffer | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  let fd: number
  try {
    fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch {
    return undefined
  }
  try {
    const stats = fs.fstatSync(fd)
    if (!stats.isFile()) return undefined
    const read = (most: number) => {
      const bytes = Buffer.alloc(Math.min(stats.size, most))
      return bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, 0))
    }
    // A spool may have many: of one with few recipients little is read.
    const usual = read(2 * headerBytes)
    return usual.subarray(0, headerBytes).includes('\n') ? usual : read(longestLine + headerBytes)
  } finally {
    fs.closeSync(fd)
  }
}
