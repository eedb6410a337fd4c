/**
 * What a person hears of an account in trouble, by its state and what they heard before:
 *
 *     state                          told nothing        told this reason   told another reason
 *     signed_out                     -                   kept, silent       kept, silent
 *     refreshing                     -                   -                  -
 *     active                         -                   recovered          recovered
 *     active, not on disk            after a minute      once a day         told
 *     active, less than asked for    told                once a day         told
 *     backing_off, token served      -                   kept, silent       kept, silent
 *       only a person ends it        after a minute      once a day         told
 *       refused once                 -                   kept, silent       kept, silent
 *       program files replaced       after a minute, once for all accounts, until a refresh succeeds
 *     backing_off, no token left     after a minute      once a day         once a day
 *     misconfigured                  told                once a day         told
 *     sign_in_required               told                once a day         told
 *
 * Accounts that share a sign-in are told of its end once, in the name of the one that signs in; it is
 * over when none of them is without.
 *
 * It lives as long as the daemon, reloads included: after a restart what lasts is reported once more.
 */
import { signInOwner } from '../../accounts/account.ts'
import { type Clock, type Instant, instantIn, hasPassed } from '../../schedule/clock.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import type { Notice } from './notifier.ts'
import { type Trouble, troubleOf } from './trouble.ts'

/** How long something that may resolve itself must last. */
const patienceMs = 60_000
const reminderMs = 24 * 60 * 60_000
/** Different words of one provider for one trouble must not become a storm. */
const mostReasonsADay = 4

interface TroubleNoticesOptions {
  clock: Clock
  /** False: nobody is to be told anything, so nobody was. */
  notify: (notice: Notice) => boolean
  /** Of those who use the sign-in of an account; its owner is not among them. */
  sharersOf: (owner: string) => readonly AccountToken[]
}

interface Reported {
  /** Since the newest reminder. */
  reasons: Set<string>
  remindFrom: Instant
  ending: string
}

/** Reports each trouble once, again when its reason changes and once a day, and its end if it was reported. */
export class TroubleNotices {
  readonly #options: TroubleNoticesOptions
  /** By account; the empty one is the daemon itself. */
  readonly #reported = new Map<string, Reported>()
  /** The same: when a trouble that lasts is reported. */
  readonly #tellFrom = new Map<string, Instant>()

  constructor(options: TroubleNoticesOptions) {
    this.#options = options
  }

  /** Compares an account with what was told of it; cheap where all is well. */
  look(token: AccountToken): void {
    const { user } = token.account
    const sharers = this.#options.sharersOf(signInOwner(token.account))
    const users = sharers.map(({ account }) => account.user)
    const trouble = troubleOf(token, users)
    if (trouble === 'undecided') return
    if (token.state.name === 'active') {
      const troubles = [trouble, ...sharers.map((sharer) => troubleOf(sharer, users))]
      if (!troubles.includes('undecided')) this.#recoverFromAllBut(user, reasonsOf(user, troubles))
    }
    if (trouble === undefined) this.#tellFrom.delete(user)
    else if (this.#isTime(trouble)) this.#tell(trouble)
  }

  /** Forgets what was reported of an account that is no longer configured. */
  drop(user: string): void {
    this.#reported.delete(user)
    this.#tellFrom.delete(user)
  }

  /** A refresh has succeeded: what was wrong with the daemon as a whole is over. */
  noteSuccess(): void {
    this.#tellFrom.delete('')
    this.#recoverFromAllBut('', [])
  }

  #isTime({ user, reason, isCertain, isOutage }: Trouble): boolean {
    const { clock } = this.#options
    const tellFrom = this.#tellFrom.get(user) ?? instantIn(clock, isCertain ? 0 : patienceMs)
    this.#tellFrom.set(user, tellFrom)
    if (!isCertain && !hasPassed(clock, tellFrom)) return false
    const reported = this.#reported.get(user)
    if (reported === undefined || hasPassed(clock, reported.remindFrom)) return true
    // Who was told that they must act learns nothing from an outage on top of it.
    return !isOutage && !reported.reasons.has(reason) && reported.reasons.size < mostReasonsADay
  }

  #tell({ event, user, reason, message, ending }: Trouble): void {
    const { clock, notify } = this.#options
    if (!notify({ event, user, message })) return
    const reported = this.#reported.get(user)
    const reasons =
      reported === undefined || hasPassed(clock, reported.remindFrom)
        ? new Set<string>()
        : reported.reasons
    this.#reported.set(user, {
      reasons: reasons.add(reason),
      remindFrom: instantIn(clock, reminderMs),
      ending,
    })
  }

  #recoverFromAllBut(user: string, reasons: readonly string[]): void {
    const reported = this.#reported.get(user)
    if (reported === undefined || reasons.some((reason) => reported.reasons.has(reason))) return
    this.#reported.delete(user)
    this.#options.notify({ event: 'recovered', user, message: reported.ending })
  }
}

function reasonsOf(user: string, troubles: readonly ReturnType<typeof troubleOf>[]): string[] {
  return troubles.flatMap((trouble) =>
    typeof trouble === 'object' && trouble.user === user ? trouble.reason : [],
  )
}
