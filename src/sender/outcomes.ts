import { type Actor, actorOf, type CmsOauthError, triedAgain } from '../errors.ts'
import type { DeliveryOutcome, LaterOutcome } from '../messages/sender-messages.ts'

/** It is kept, and tried again: how soon depends on who must act. */
export function later(
  actor: Actor,
  reason: string,
  hint: string,
  retryAfterMs?: number,
): LaterOutcome {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  return { kind: 'later', actor, reason, hint, ...wait }
}

/** The outcome of what the way to a provider failed of: it says nothing about the message. */
export function wayFailed(error: CmsOauthError): DeliveryOutcome {
  // A proxy may have answered in place of the provider: another time it may be away.
  const actor = error.code === 'provider_protocol' ? 'nobody' : actorOf(error)
  // What the server did not ask for, the pauses of the outbox decide.
  const isAsked = error.code === 'provider_unavailable' && !error.isUsualWait
  const retryAfterMs = isAsked ? error.retryAfterMs : undefined
  return ofWay(later(actor, error.message, error.hint, retryAfterMs))
}

/** The same, of the way to the provider: it is tried again as soon as that is open. */
export function ofWay(outcome: DeliveryOutcome): DeliveryOutcome {
  return outcome.kind === 'later' ? { ...outcome, isOfWay: true } : outcome
}

/** The same, of what may be about this message alone. */
export function ofMessage(outcome: DeliveryOutcome): DeliveryOutcome {
  if (outcome.kind !== 'later') return outcome
  const { isOfWay: _, ...rest } = outcome
  return { ...rest, isOfMessage: true }
}

/** No answer came after the message was sent whole: nobody can ask the provider whether it has it. */
export function unanswered(reason: string): DeliveryOutcome {
  return {
    kind: 'later',
    actor: 'nobody',
    reason,
    hint: `it ${triedAgain}, with the same Message-ID: it may have been sent already`,
    isOfWay: true,
    isUncertain: true,
  }
}

/** How long the way to a provider may take to open: the connection, TLS, and the login of a mail server. */
export const wayLimitMs = 20_000

const bytesInSecond = 100_000

/** How much longer all that follows may take for a message of so many bytes. */
export function transferMs(bytes: number): number {
  return Math.ceil(bytes / bytesInSecond) * 1_000
}
