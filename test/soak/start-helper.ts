import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A program of this folder, running. */
export interface Helper<Said> {
  /** What it said first. */
  said: Said
  /** Tells it something; resolves with what it says next. */
  tell<Answer>(words: string): Promise<Answer>
}

/**
 * Starts a program of this folder, which ends with the test; resolves when it says something.
 * `inNetworkOf` is a process whose network it is to have.
 */
export async function startHelper<Said>(
  t: Pick<TestContext, 'after'>,
  file: string,
  args: readonly string[] = [],
  inNetworkOf?: number,
): Promise<Helper<Said>> {
  const into = ['--net', `--target=${inNetworkOf}`, process.execPath, ...process.execArgv]
  const elsewhere = inNetworkOf === undefined ? {} : { execPath: 'nsenter', execArgv: into }
  const child: ChildProcess = fork(join(import.meta.dirname, file), args, elsewhere)
  t.after(() => child.connected && child.disconnect())
  const [said] = (await once(child, 'message')) as [Said]
  return {
    said,
    tell: async <Answer>(words: string) => {
      const answered = once(child, 'message') as Promise<[Answer]>
      child.send(words)
      return (await answered)[0]
    },
  }
}
