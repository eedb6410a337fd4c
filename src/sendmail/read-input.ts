import { fstatSync, readSync } from 'node:fs'
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

const blockBytes = 64 * 1024

/** Standard input; a directory would read as empty. @throws NodeJS.ErrnoException */
export function openInput(): Source {
  const stats = fstatSync(0)
  if (stats.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' })
  const isPlain = stats.isFIFO() || stats.isFile() || stats.isSocket()
  return isPlain ? blocksOfInput() : process.stdin
}

/**
 * Without a stream, which takes a tenth of the time in which this program starts. Each block is good until the next
 * one is asked for: one for each would be 40 MiB of memory where 256 are read away.
 */
async function* blocksOfInput(): AsyncGenerator<Buffer> {
  const block = Buffer.allocUnsafe(blockBytes)
  for (;;) {
    const length = readBlock(block)
    if (length === undefined) return yield* process.stdin as AsyncIterable<Buffer>
    if (length === 0) return
    yield block.subarray(0, length)
  }
}

/** Undefined where a read does not wait for the writer. */
function readBlock(block: Buffer): number | undefined {
  try {
    return readSync(0, block)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
  }
}

/** A message of this size is kept without asking how much is: nearly all of them are smaller. */
const smallBytes = 256 * 1024

/**
 * Standard input to its end: a program that is cut off while it writes dies of it. `askLimit` is asked how many bytes
 * of a large message are kept; a block more may be. On a terminal a line with a dot alone ends it too, unless
 * `ignoresDots`.
 * @throws InputUnreadableError
 */
export async function readInput(
  open: () => Source,
  { askLimit, ignoresDots }: { askLimit: () => Promise<number>; ignoresDots: boolean },
): Promise<Input> {
  const chunks: Buffer[] = []
  let length = 0
  let size = 0
  let limit = smallBytes
  try {
    const source = open()
    const endsWithDot = source.isTTY === true && !ignoresDots
    for await (const chunk of source) {
      const isLast = endsWithDot && chunk.toString('latin1') === '.\n'
      if (isLast) break
      size += chunk.length
      if (limit === smallBytes && length >= limit) limit = await askLimit()
      if (length < limit) {
        chunks.push(Buffer.from(chunk))
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
