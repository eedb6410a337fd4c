import type { Delivery, DeliveryOutcome } from '../messages/sender-messages.ts'
import { type Attempt, attempt } from './api-attempt.ts'
import type { ApiRoute } from './api-request.ts'
import { messageFor } from './message-for.ts'
import type { Progress } from './progress.ts'

/**
 * Delivers a message by an API, which takes the recipients from its header and says one thing of all of
 * them. Where it does not accept an address of several, each gets a message of its own, once.
 * @throws NodeJS.ErrnoException where the spool cannot be changed; the reason of `ending` between two of those
 */
export async function deliverByApi(
  delivery: Delivery,
  route: ApiRoute,
  progress: Progress,
  ending: AbortSignal,
): Promise<DeliveryOutcome> {
  const { rcpt, alone = false } = progress.head
  if (alone) return deliverToEach(delivery, route, progress, ending)
  const came = await send(delivery, route, rcpt, progress)
  if (came.kind === 'recipients' && rcpt.length > 1) {
    progress.separate()
    return deliverToEach(delivery, route, progress, ending)
  }
  if (came.kind === 'outcome') return came.outcome
  return settle(rcpt, came, progress)
}

async function deliverToEach(
  delivery: Delivery,
  route: ApiRoute,
  progress: Progress,
  ending: AbortSignal,
): Promise<DeliveryOutcome> {
  let outcome: DeliveryOutcome = progress.finished('')
  for (const recipient of progress.head.rcpt) {
    // A stop does not wait for all of them: whoever has it is no longer in the entry.
    ending.throwIfAborted()
    const came = await send(delivery, route, [recipient], progress)
    if (came.kind === 'outcome') return progress.interrupted(came.outcome)
    outcome = settle([recipient], came, progress)
  }
  return outcome
}

function settle(
  recipients: readonly string[],
  came: Exclude<Attempt, { kind: 'outcome' }>,
  progress: Progress,
): DeliveryOutcome {
  if (came.kind === 'sent') {
    progress.succeed()
    return progress.finished('')
  }
  const { reason, hint } = came
  progress.refuse(recipients.map((recipient) => ({ recipient, reason })))
  return progress.finished(hint)
}

async function send(
  delivery: Delivery,
  route: ApiRoute,
  recipients: readonly string[],
  progress: Progress,
): Promise<Attempt> {
  const message = messageFor(recipients, progress.message)
  progress.begin(recipients)
  return attempt(delivery, route, message)
}
