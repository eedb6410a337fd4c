import { UsageError } from '../errors.ts'

/** Reads standard input to its end. @throws UsageError if it is longer than `limit` bytes */
export async function readInput(limit: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > limit) {
      throw new UsageError(`standard input is longer than ${limit / 1_024} KiB`, {
        hint: 'nothing that belongs there is that long: it may be another file',
      })
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
