import type { AccountState, BrokerEvent } from '../control/api.ts'
import type { CmsOauthError } from '../errors.ts'
import type { Log, LogFields } from '../logging/log.ts'
import type { AccountToken, TokenEvent } from '../tokens/account-token.ts'
import type { Notice } from './notifier.ts'

const dayMs = 24 * 60 * 60 * 1_000
/** How long before a foreseeable end a person is told. */
const warningMs = 7 * dayMs

interface TokenEventsOptions {
  log: Log
  publish: (event: Omit<BrokerEvent, 'time'>) => void
  notify: (notice: Notice) => void
  now: () => number
}

/** Turns what happens to tokens into log lines, events of the control socket and notices. */
export class TokenEvents {
  readonly #options: TokenEventsOptions
  /** Epoch ms of the newest warning, by account. */
  readonly #warnedAt = new Map<string, number>()

  constructor(options: TokenEventsOptions) {
    this.#options = options
  }

  /** Takes one event of an account's token. */
  handle(token: AccountToken, event: TokenEvent): void {
    const { user } = token.account
    const { log, notify } = this.#options
    switch (event.event) {
      case 'token.refreshed':
        log.info(event.event, { user, ...tokenFields(token) })
        if (!event.isDurable) log.error('store.not_durable', { user })
        if (event.recoveredFrom !== undefined) {
          notify({ event: 'recovered', user, message: `mail access of ${user} works again` })
        }
        this.#warnOfEnd(token)
        break
      case 'token.refresh_failed':
        log.warn(event.event, { user, state: token.state.name, ...errorFields(event.error) })
        break
      case 'token.sign_in_required': {
        log.error(event.event, { user, ...errorFields(event.error) })
        const message = `${user} must sign in again: run "cms-oauth login ${user}"`
        notify({ event: 'sign_in_required', user, message })
        break
      }
      case 'token.forgotten':
      case 'sign_in.opened':
      case 'sign_in.closed':
        log.info(event.event, { user })
        break
    }
    this.#publish(token, event)
  }

  #publish(token: AccountToken, event: TokenEvent): void {
    const state: AccountState = token.isSigningIn ? 'signing_in' : token.state.name
    this.#options.publish({
      event: event.event,
      user: token.account.user,
      state,
      ...(token.servable === undefined ? {} : { fingerprint: token.servable.fingerprint }),
      ...('error' in event ? { detail: event.error.message } : {}),
    })
  }

  #warnOfEnd(token: AccountToken): void {
    const { user } = token.account
    const end = token.newest?.renewalExpiresAt
    const now = this.#options.now()
    if (end === undefined || end - now > warningMs) return
    if (now - (this.#warnedAt.get(user) ?? 0) < dayMs) return
    this.#warnedAt.set(user, now)
    const day = new Date(end).toISOString().slice(0, 10)
    const message = `the sign-in of ${user} ends on ${day}: run "cms-oauth login ${user}" before`
    this.#options.notify({ event: 'sign_in_expiring', user, message })
  }
}

function tokenFields(token: AccountToken): LogFields {
  const served = token.servable
  if (served === undefined) return {}
  return {
    fingerprint: served.fingerprint,
    expiresAt: new Date(served.expiresAt).toISOString(),
  }
}

function errorFields(error: CmsOauthError): LogFields {
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    ...('answer' in error ? { answer: error.answer } : {}),
  }
}
