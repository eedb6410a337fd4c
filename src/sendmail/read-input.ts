import { fstatSync } from 'node:fs'
import { InputUnreadableError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'

/** What came on standard input. */
export interface Input {
  /** Its beginning, or all of it. */
  kept: Buffer
  /** Of all of it, in bytes. */
  size: number
}

/** What is read. */
type Source = AsyncIterable<Buffer> & { isTTY?: boolean }

/** Standard input; a directory would read as empty. @throws NodeJS.ErrnoException */
export function openInput(): Source {
  if (fstatSync(0).isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' })
  return process.stdin
}

/**
 * Standard input to its end, of which `limit` bytes and a block are kept: a program that is cut off while it writes
 * dies of it. On a terminal a line with a dot alone ends it too, unless `ignoresDots`.
 * @throws InputUnreadableError
 */
export async function readInput(
  open: () => Source,
  { limit, ignoresDots }: { limit: number; ignoresDots: boolean },
): Promise<Input> {
  const chunks: Buffer[] = []
  let length = 0
  let size = 0
  try {
    const source = open()
    const endsWithDot = source.isTTY === true && !ignoresDots
    for await (const chunk of source) {
      const isLast = endsWithDot && chunk.toString('latin1') === '.\n'
      if (isLast) break
      size += chunk.length
      if (length < limit) {
        chunks.push(chunk)
        length += chunk.length
      }
    }
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException
    throw new InputUnreadableError(`standard input cannot be read: ${withErrnoWords(code)}`, {
      hint: 'give the message on standard input, from a file or a pipe',
    })
  }
  return { kept: Buffer.concat(chunks), size }
}
