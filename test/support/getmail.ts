import type { Result } from './daemon.ts'

/** Has getmail wait for its own child, which delivers, a shorter time than three minutes. */
export function hurryGetmail(getmailrc: string): string {
  return getmailrc.replace('[retriever]', '[retriever]\ntimeout = 20')
}

/**
 * Runs getmail, and once more where it missed the end of its own child: 6.18 forks it before it waits
 * for it, and on a busy machine the child is the faster one. What it has fetched comes again then.
 */
export async function runGetmail<T extends Result>(run: () => Promise<T>): Promise<T> {
  const result = await run()
  return /waiting child pid \d+ timed out/.test(result.stdout + result.stderr) ? run() : result
}
