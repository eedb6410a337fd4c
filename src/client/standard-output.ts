import { writeSync } from 'node:fs'
import { UsageError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { outputLost } from './exit-status.ts'
import { printError } from './terminal.ts'

/**
 * Writes a short text on standard output, without a stream: that of a pipe takes a tenth of the time in which this
 * program starts. What a pipe does not take at once, its stream writes.
 */
export function writeAtOnce(text: string): void {
  const bytes = Buffer.from(text)
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN') watchOutput().write(bytes.subarray(written))
    else loseOutput(error as NodeJS.ErrnoException)
  }
}

/** Standard output; that it cannot be written is printed as an error. */
export function watchOutput(): NodeJS.WriteStream {
  return process.stdout.on('error', loseOutput)
}

function loseOutput({ code }: NodeJS.ErrnoException): void {
  // A reader that closed our output needs no more of it.
  if (code === 'EPIPE') return
  printError(
    new UsageError(`standard output cannot be written: ${withErrnoWords(code)}`, {
      hint: 'check where it goes: its file, and the disk of that file',
    }),
  )
  process.exitCode = outputLost
}
