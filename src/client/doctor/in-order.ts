/** More at a time would keep a mail server or a small machine busy. */
const mostAtOnce = 8

/**
 * Runs the checks, some at a time, and gives what each has found in the order of the list, as soon as it
 * and those before it are done. Throws what the first of them throws.
 */
export async function* inOrder<T>(checks: readonly (() => Promise<T>)[]): AsyncGenerator<T> {
  const running: Promise<T>[] = []
  for (const index of checks.keys()) {
    for (const check of checks.slice(running.length, index + mostAtOnce)) {
      const outcome = check()
      // A failure is thrown when its turn comes.
      outcome.catch(() => {})
      running.push(outcome)
    }
    yield (await running[index]) as T
  }
}
