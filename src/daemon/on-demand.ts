/** A part of the daemon that may not be needed: its code is run when it is first asked for. */
export class OnDemand<Part> {
  readonly #load: () => Promise<Part>
  #loading: Promise<Part> | undefined
  #part: Part | undefined

  constructor(load: () => Promise<Part>) {
    this.#load = load
  }

  /** What is there already; undefined before it was asked for. */
  get present(): Part | undefined {
    return this.#part
  }

  /** The part, for all who ask the same; what failed is tried again for the next. @throws what its code throws */
  async get(): Promise<Part> {
    this.#loading ??= this.#load()
    try {
      this.#part = await this.#loading
      return this.#part
    } catch (error) {
      this.#loading = undefined
      throw error
    }
  }
}
