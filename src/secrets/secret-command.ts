import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { withErrnoWords } from '../files/errno-words.ts'
import { fileRules } from '../files/file-rules.ts'

const { mostBytes } = fileRules.secret
const run = promisify(execFile)

/** What a program printed whose output is a secret, or why there is none. */
type Outcome = { output: Buffer } | { failure: string }

/** Of the error of execFile: the rest holds the output, which may be the secret. */
interface Failure {
  /** An exit status, or the name of an error. */
  code?: number | string | null
  signal?: string | null
  killed?: boolean
}

/** Runs a program that prints a secret and is asked nothing; it is killed at the limit. */
export async function runSecretCommand(
  [program = '', ...rest]: readonly string[],
  limitMs: number,
): Promise<Outcome> {
  try {
    const running = run(program, rest, {
      encoding: 'buffer',
      timeout: limitMs,
      killSignal: 'SIGKILL',
      maxBuffer: mostBytes,
    })
    running.child.stdin?.end()
    return { output: (await running).stdout }
  } catch (error) {
    return { failure: reasonOf(error as Failure, limitMs) }
  }
}

function reasonOf({ code, signal, killed }: Failure, limitMs: number): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return `it printed more than ${mostBytes / 1_024} KiB`
  }
  if (killed === true) return `it did not finish within ${limitMs / 1_000} s`
  if (typeof code === 'number') return `it exited with ${code}`
  return typeof code === 'string' ? withErrnoWords(code) : `it was killed by ${signal}`
}
