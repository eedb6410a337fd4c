import { type Actor, actorOf, type CmsOauthError } from '../errors.ts'
import type { DeliveryOutcome } from '../messages/sender-messages.ts'

/** It is kept, and tried again: how soon depends on who must act. */
export function later(
  actor: Actor,
  reason: string,
  hint: string,
  retryAfterMs?: number,
): DeliveryOutcome {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  return { kind: 'later', actor, reason, hint, ...wait }
}

/** The outcome of what the way to a provider failed of: it says nothing about the message. */
export function wayFailed(error: CmsOauthError): DeliveryOutcome {
  // A proxy may have answered in place of the provider: another time it may be away.
  const actor = error.code === 'provider_protocol' ? 'nobody' : actorOf(error)
  const retryAfterMs = 'retryAfterMs' in error ? error.retryAfterMs : undefined
  return ofWay(later(actor, error.message, error.hint, retryAfterMs))
}

/** The same, of the way to the provider: it is tried again as soon as that is open. */
export function ofWay(outcome: DeliveryOutcome): DeliveryOutcome {
  return outcome.kind === 'later' ? { ...outcome, isOfWay: true } : outcome
}

const baseMs = 20_000
const bytesInSecond = 100_000

/** How long the delivery of a message may take. */
export function deadlineMs(bytes: number): number {
  return baseMs + Math.ceil(bytes / bytesInSecond) * 1_000
}
