import { Child, type ChildProgram } from '../../child-process/child.ts'
import { fromRenewerShape, type RenewerChild } from './renewer-shapes.ts'

/**
 * A renewer that starts before anybody knows what it is for, and waits for its configuration: at a
 * start of the daemon one is needed in any case, and nobody need wait for Node twice.
 */
export class SpareRenewer {
  #child: RenewerChild | undefined

  constructor(program: ChildProgram) {
    this.#child = new Child(program)
  }

  /** Gives it away; undefined from the second time on. */
  take(): RenewerChild | undefined {
    const child = this.#child
    this.#child = undefined
    return child
  }

  /** Ends one that nobody has taken, which has nothing to lose; resolves when it is gone. */
  async close(): Promise<void> {
    const child = this.take()
    if (child === undefined) return
    child.kill()
    await new Promise<void>((resolve) => {
      child.attach({
        shape: fromRenewerShape,
        onMessage: () => {},
        onMalformed: () => {},
        onEnd: () => resolve(),
      })
    })
  }
}
