/**
 * Runs all of them, one after the other, even where one fails. @throws the first failure, once all have run
 */
export async function tryEach(works: readonly (() => Promise<void>)[]): Promise<void> {
  const mistakes: unknown[] = []
  for (const work of works) {
    try {
      await work()
    } catch (error) {
      mistakes.push(error)
    }
  }
  if (mistakes.length > 0) throw mistakes[0]
}
