/** Work that rests after each of its steps: in between others may have their turn. */
export type InSteps<T> = Generator<undefined, T, undefined>

/** What the work gives, all of whose steps are done now. */
export function atOnce<T>(work: InSteps<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
  }
}
