import { UsageError } from '../errors.ts'

/** Standard input up to its end. @throws UsageError where it is longer than this many bytes */
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
