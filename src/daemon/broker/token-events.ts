import { endNames } from '../../accounts/end-names.ts'
import type { Log, LogFields } from '../../logging/log.ts'
import type { BrokerEvent } from '../../messages/control-api.ts'
import type { Clock } from '../../schedule/clock.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { shownState } from '../tokens/shown-state.ts'
import type { TokenEvent } from '../tokens/token-event.ts'
import { errorFields } from '../../logging/error-fields.ts'
import { foreseenEnds } from './foreseen-ends.ts'
import { missingPermissionsOf } from '../tokens/missing-permissions-of.ts'
import type { Notice } from '../notices/notifier.ts'
import { TroubleNotices } from '../notices/trouble-notices.ts'

/** After which nobody needs to sign in any more. */
const endsWaitForSignIn: ReadonlySet<string> = new Set([
  'token.refreshed',
  'token.adopted',
  'token.forgotten',
])
const dayMs = 24 * 60 * 60 * 1_000

interface TokenEventsOptions {
  log: Log
  publish: (event: Omit<BrokerEvent, 'time'>) => void
  /** False: nobody is to be told anything. */
  notify: (notice: Notice) => boolean
  clock: Clock
  /** Of those who use the sign-in of an account; its owner is not among them. */
  sharersOf: (owner: string) => readonly AccountToken[]
  /** A sign-in that was asked for is no longer needed, or wanted. */
  onAccess: (user: string) => void
}

/** Turns what happens to tokens into log lines, events of the control socket and notices. */
export class TokenEvents {
  readonly #options: TokenEventsOptions
  readonly #troubles: TroubleNotices
  /** Epoch ms of the newest warning, by account and then by what expires. */
  readonly #warnedAt = new Map<string, ReadonlyMap<string, number>>()

  constructor(options: TokenEventsOptions) {
    this.#options = options
    this.#troubles = new TroubleNotices(options)
  }

  /** Takes one event of an account's token. */
  handle(token: AccountToken, event: TokenEvent): void {
    const { user } = token.account
    const { log } = this.#options
    switch (event.event) {
      case 'token.refreshed':
        log.info(event.event, { user, ...tokenFields(token) })
        this.#troubles.noteSuccess()
        if (!event.isDurable) log.error('store.not_durable', { user })
        this.#logMissing(token)
        this.#warnOfEnds(token)
        break
      case 'token.adopted':
        log.info(event.event, { user, ...tokenFields(token) })
        this.#troubles.noteSuccess()
        this.#warnOfEnds(token)
        break
      case 'token.refresh_failed':
        log.warn(event.event, { user, state: shownState(token), ...errorFields(event.error) })
        this.#warnOfEnds(token)
        break
      case 'token.sign_in_required':
        log.error(event.event, { user, ...errorFields(event.error) })
        break
      case 'token.forgotten':
      case 'sign_in.opened':
      case 'sign_in.closed':
      case 'token.waiting':
        log.info(event.event, { user })
        break
    }
    if (endsWaitForSignIn.has(event.event)) {
      this.#options.onAccess(user)
    }
    this.#publish(token, event)
    this.#troubles.look(token)
  }

  /** Tells of what has changed only because time has passed; to be called every half minute. */
  look(token: AccountToken): void {
    this.#troubles.look(token)
  }

  /** Forgets an account that is no longer configured. */
  drop(user: string): void {
    this.#troubles.drop(user)
    this.#warnedAt.delete(user)
  }

  #logMissing(token: AccountToken): void {
    const missing = missingPermissionsOf(token)
    if (missing === undefined) return
    const { message, nextStep: hint } = missing
    this.#options.log.warn('token.permissions_missing', { user: token.account.user, message, hint })
  }

  #publish(token: AccountToken, event: TokenEvent): void {
    this.#options.publish({
      event: event.event,
      user: token.account.user,
      state: shownState(token),
      ...(token.servable === undefined ? {} : { fingerprint: token.servable.fingerprint }),
      ...('error' in event ? { detail: event.error.message } : {}),
    })
  }

  #warnOfEnds(token: AccountToken): void {
    const { user } = token.account
    const now = this.#options.clock.wallMs()
    for (const { what, at, isNear, isPast, nextStep } of foreseenEnds(token, now)) {
      const warnedAt = this.#warnedAt.get(user)
      if (!isNear || now - (warnedAt?.get(what) ?? 0) < dayMs) continue
      this.#warnedAt.set(user, new Map(warnedAt).set(what, now))
      const day = isoTime(at).slice(0, 10)
      const by = isPast ? `expired on ${day}:` : `expires on ${day}: before that,`
      const message = `the ${endNames[what]} of ${user} ${by} ${nextStep}`
      const event = what === 'sign_in' ? 'sign_in_expiring' : 'client_credential_expiring'
      this.#options.log.warn(event, { user, message })
      this.#options.notify({ event, user, message })
    }
  }
}

function tokenFields(token: AccountToken): LogFields {
  const served = token.servable
  if (served === undefined) return {}
  return {
    fingerprint: served.fingerprint,
    expiresAt: isoTime(served.expiresAt),
  }
}
