/** Does one after the other, whatever becomes of the ones before. @throws what the first that failed has thrown */
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
