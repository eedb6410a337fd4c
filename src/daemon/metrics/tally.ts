const nothing: ReadonlyMap<never, number> = new Map<never, number>()

/** How often something has happened, by what it happened to and how. */
export class Tally<Subject, Kind> {
  readonly #counts = new Map<Subject, Map<Kind, number>>()

  /** Counts one. */
  add(subject: Subject, kind: Kind): void {
    const kinds = this.#counts.get(subject)
    if (kinds === undefined) this.#counts.set(subject, new Map([[kind, 1]]))
    else kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }

  /** The counts of a subject; what has never happened is not in it. */
  of(subject: Subject): ReadonlyMap<Kind, number> {
    return this.#counts.get(subject) ?? nothing
  }
}
