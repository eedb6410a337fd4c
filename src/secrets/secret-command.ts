import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const outputLimitBytes = 64 * 1024
const run = promisify(execFile)

/** What a program printed whose output is a secret, or why there is none. */
type Outcome = { output: Buffer } | { failure: string }

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
      maxBuffer: outputLimitBytes,
    })
    running.child.stdin?.end()
    return { output: (await running).stdout }
  } catch (error) {
    // The error of execFile holds the output, which may be the secret: nothing of it is kept.
    const { code, killed } = error as { code?: number | string; killed?: boolean }
    return {
      failure: killed === true ? `it did not finish within ${limitMs / 1_000} s` : `${code}`,
    }
  }
}
