import type { RecordSummary } from '../../messages/renewer-jobs.ts'

interface Change {
  moment: number
  /** Epoch ms; undefined: a logout. */
  signedInAt: number | undefined
}

/**
 * The newest sign-in or logout of each address, in the order in which the daemon heard of them: a wall
 * clock may be set back between two. What was read of the store before such a change is outdated.
 */
export class SignInChanges {
  #moment = 0
  readonly #newest = new Map<string, Change>()

  /** Whatever is noted from now on is later than this. */
  get moment(): number {
    return this.#moment
  }

  /** Notes that a sign-in was sealed, at an epoch ms, or with undefined that it was forgotten. */
  note(owner: string, signedInAt: number | undefined): void {
    this.#newest.set(owner, { moment: ++this.#moment, signedInAt })
  }

  /** What there is by now, where a reading of the store that began at a moment found these records. */
  bringUpToDate(records: readonly RecordSummary[], readAt: number): RecordSummary[] {
    const current = new Map(records.map((record) => [record.user, record]))
    for (const [user, { moment, signedInAt }] of this.#newest) {
      if (moment <= readAt) continue
      if (signedInAt === undefined) current.delete(user)
      // The reading may have found it too, and knows more of it.
      else if (current.get(user)?.signedInAt !== signedInAt)
        current.set(user, { user, signedInAt, refreshedAt: 0 })
    }
    return [...current.values()]
  }
}
