/** One that is going on. */
interface Ending {
  /** Ends it, after the message that is coming. */
  retire(): void
}

/** The dialogues that are going on in the process. */
export class Conversations {
  readonly #open = new Set<Ending>()

  /** Has one counted among them until it is over. */
  async hold(conversation: Ending & { run(): Promise<void> }): Promise<void> {
    this.#open.add(conversation)
    try {
      await conversation.run()
    } finally {
      this.#open.delete(conversation)
    }
  }

  /** Ends all of them, each after the message that is coming. */
  retire(): void {
    for (const conversation of this.#open) conversation.retire()
  }
}
