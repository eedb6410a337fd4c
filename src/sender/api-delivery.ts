import { isCmsOauthError } from '../errors.ts'
import { sendHttpsRequest } from '../https/https-request.ts'
import type { Delivery, DeliveryOutcome } from '../messages/sender-messages.ts'
import { afterRunning } from '../schedule/running-time.ts'
import { type ApiRoute, isAccepted, sendRequest } from './api-request.ts'
import { type ApiRefusal, apiRefusal } from './api-refusal.ts'
import { messageFor } from './message-for.ts'
import { deadlineMs, later, ofWay, wayFailed } from './outcomes.ts'
import type { Progress } from './progress.ts'

/** What one request came to; `recipients`: it cannot go to all of these addresses. */
type Attempt = { kind: 'sent' } | ApiRefusal

/**
 * Delivers a message by an API, which takes the recipients from its header and says one thing of all of
 * them. Where it does not accept an address of several, each gets a message of its own, once.
 * @throws NodeJS.ErrnoException where the spool cannot be changed
 */
export async function deliverByApi(
  delivery: Delivery,
  route: ApiRoute,
  progress: Progress,
): Promise<DeliveryOutcome> {
  const { rcpt, alone = false } = progress.head
  if (alone) return deliverToEach(delivery, route, progress)
  const attempt = await send(delivery, route, rcpt, progress)
  if (attempt.kind === 'recipients' && rcpt.length > 1) {
    progress.separate()
    return deliverToEach(delivery, route, progress)
  }
  if (attempt.kind === 'outcome') return attempt.outcome
  return settle(rcpt, attempt, progress)
}

async function deliverToEach(
  delivery: Delivery,
  route: ApiRoute,
  progress: Progress,
): Promise<DeliveryOutcome> {
  let outcome: DeliveryOutcome = progress.finished('')
  for (const recipient of progress.head.rcpt) {
    const attempt = await send(delivery, route, [recipient], progress)
    if (attempt.kind === 'outcome') return progress.interrupted(attempt.outcome)
    outcome = settle([recipient], attempt, progress)
  }
  return outcome
}

function settle(
  recipients: readonly string[],
  attempt: Exclude<Attempt, { kind: 'outcome' }>,
  progress: Progress,
): DeliveryOutcome {
  if (attempt.kind === 'sent') {
    progress.succeed()
    return progress.finished('')
  }
  const { reason, hint } = attempt
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
  const limitMs = deadlineMs(message.length)
  const controller = new AbortController()
  const stop = afterRunning(limitMs, () => controller.abort())
  try {
    const { signal } = controller
    const answer = await sendHttpsRequest({ ...sendRequest(delivery, route, message), signal })
    return isAccepted(route, answer) ? { kind: 'sent' } : apiRefusal(delivery, route, answer)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return {
      kind: 'outcome',
      outcome: controller.signal.aborted ? late(limitMs) : wayFailed(error),
    }
  } finally {
    stop()
  }
}

function late(limitMs: number): DeliveryOutcome {
  return ofWay(
    later(
      'nobody',
      `the provider did not answer within ${limitMs / 1_000} s`,
      'it is tried again automatically, with the same Message-ID: it may have been sent already',
    ),
  )
}
