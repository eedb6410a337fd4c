import type { CmsOauthError } from '../../errors.ts'
import type { RefusedCaller } from '../../messages/outbox-api.ts'
import type { FromOutbox } from '../../messages/outbox-messages.ts'
import { userNameOf } from '../../kernel/user-database.ts'
import type { Outbox } from '../outbox.ts'
import { runningMs } from '../../schedule/clock.ts'

/** Nobody on the machine can have more of them held. */
const mostUsers = 100
/** Of each user one line is logged in that time, with how many messages it is for. */
const pauseMs = 3_600_000

interface Refused {
  count: number
  untold: number
  lastAt: number
  /** Of runningMs. */
  toldMs: number
}

/**
 * Users whom "allow" does not list, and who send all the same. Nothing of what they hand over is kept, as anybody could
 * fill the disk by it, and many of the programs that send do not check the status: the operator hears of it.
 */
export class RefusedCallers {
  /** By uid; who was refused longest ago comes first. */
  readonly #users = new Map<number, Refused>()
  readonly #outbox: Pick<Outbox, 'configuration'>
  readonly #send: (message: FromOutbox) => void

  constructor(outbox: Pick<Outbox, 'configuration'>, send: (message: FromOutbox) => void) {
    this.#outbox = outbox
    this.#send = send
  }

  /** Takes note of a message that was refused. */
  note(uid: number, { message: reason, hint }: CmsOauthError): void {
    const known = this.#users.get(uid) ?? { count: 0, untold: 0, lastAt: 0, toldMs: -pauseMs }
    const now = runningMs()
    const user = { ...known, count: known.count + 1, untold: known.untold + 1, lastAt: Date.now() }
    this.#users.delete(uid)
    this.#users.set(uid, user)
    const [oldest] = this.#users.keys()
    if (this.#users.size > mostUsers && oldest !== undefined) this.#users.delete(oldest)
    if (user.toldMs > now - pauseMs) return
    const { account } = this.#outbox.configuration
    const fields = { user: account, uid, count: user.untold, reason, hint }
    this.#send({ type: 'log', level: 'warn', event: 'outbox.caller_refused', fields })
    Object.assign(user, { untold: 0, toldMs: now })
  }

  /** All of them since this process started. */
  list(): RefusedCaller[] {
    return Array.from(this.#users, ([uid, { count, lastAt }]) => ({
      login: userNameOf(uid),
      count,
      last_at: new Date(lastAt).toISOString(),
    }))
  }
}
