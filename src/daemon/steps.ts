import { DaemonUnreachableError } from '../errors.ts'

interface OpenedStep {
  name: string
  undo: () => unknown
}

/**
 * What is opened step by step, and undone in the reverse order: when a later step fails, when a signal
 * ends the start, or when the daemon stops. A step that fails leaves nothing open itself.
 */
export class Steps {
  readonly #opened: OpenedStep[] = []
  /** The step under way, where it will have to be undone. */
  #opening: Promise<unknown> = Promise.resolve()
  #undoing: Promise<void> | undefined

  /**
   * Takes one step and returns what it opened, which `undo` gets. No step begins once undoing has begun.
   * @throws what `open` throws; DaemonUnreachableError once undoing has begun
   */
  async take<T>(
    name: string,
    open: () => T | Promise<T>,
    undo?: (opened: T) => unknown,
  ): Promise<T> {
    this.#requireGoing()
    try {
      return await this.#open(name, open, undo)
    } finally {
      // Whatever it broke off failed because of that.
      this.#requireGoing()
    }
  }

  /**
   * Undoes what was opened, the latest first, and only once however often it is called. A step under way
   * ends first if it opens something. One that cannot be undone does not keep the others open.
   * @throws AggregateError of what could not be undone
   */
  undo(): Promise<void> {
    this.#undoing ??= this.#undo()
    return this.#undoing
  }

  #open<T>(name: string, open: () => T | Promise<T>, undo?: (opened: T) => unknown): Promise<T> {
    const opening = Promise.resolve().then(open)
    if (undo === undefined) return opening
    const opened = opening.then((value) => {
      this.#opened.push({ name, undo: () => undo(value) })
      return value
    })
    this.#opening = opened.catch(() => {})
    return opened
  }

  async #undo(): Promise<void> {
    await this.#opening
    const mistakes: unknown[] = []
    for (let step = this.#opened.pop(); step !== undefined; step = this.#opened.pop()) {
      try {
        await step.undo()
      } catch (cause) {
        mistakes.push(new Error(`"${step.name}" cannot be undone`, { cause }))
      }
    }
    if (mistakes.length > 0) throw new AggregateError(mistakes, 'not all could be undone')
  }

  #requireGoing(): void {
    if (this.#undoing !== undefined) throw new DaemonUnreachableError('the daemon is stopping')
  }
}
