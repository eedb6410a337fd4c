/** One request that sends a message, and what is known where its answer does not come, or not to the end. */
import { isCmsOauthError, triedAgain } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { sendForWhatComes, type WhatCame } from '../https/https-request.ts'
import type { Delivery, DeliveryOutcome } from '../messages/sender-messages.ts'
import { afterRunning } from '../schedule/running-time.ts'
import { type ApiRefusal, apiRefusal } from './api-refusal.ts'
import { type ApiRoute, isAccepted, sendRequest } from './api-request.ts'
import { later, ofWay, transferMs, unanswered, wayFailed, wayLimitMs } from './outcomes.ts'

/** What one request came to; `recipients`: it cannot go to all of these addresses. */
export type Attempt = { kind: 'sent' } | ApiRefusal

/**
 * How long an API may take once it is being sent a message. Whoever does not wait for the answer sends the message
 * again: the gateways of Google and Microsoft themselves end a request after a minute or two.
 */
const answerLimitMs = 5 * 60_000

/** Has the API send a message to those whom its header names. */
export async function attempt(
  delivery: Delivery,
  route: ApiRoute,
  message: Buffer,
): Promise<Attempt> {
  const controller = new AbortController()
  let limitMs = wayLimitMs
  let isSent = false
  const begin = () => afterRunning(limitMs, () => controller.abort())
  let stop = begin()
  try {
    const came = await sendForWhatComes({
      ...sendRequest(delivery, route, message),
      signal: controller.signal,
      maySend: () => {
        stop()
        limitMs = answerLimitMs + transferMs(message.length)
        stop = begin()
        return true
      },
      onSent: () => (isSent = true),
    })
    if (isAccepted(route, came.answer)) return { kind: 'sent' }
    if (came.defect === undefined) return apiRefusal(delivery, route, came.answer)
    return ended(controller.signal.aborted ? late(limitMs, isSent) : brokenOff(came.defect, came))
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    if (controller.signal.aborted) return ended(late(limitMs, isSent))
    return ended(isSent ? withoutAnswer(error) : wayFailed(error))
  } finally {
    stop()
  }
}

function ended(outcome: DeliveryOutcome): Attempt {
  return { kind: 'outcome', outcome }
}

function late(limitMs: number, isSent: boolean): DeliveryOutcome {
  const reason = `the provider did not answer within ${limitMs / 1_000} s`
  return isSent ? unanswered(reason) : ofWay(later('nobody', reason, `it ${triedAgain}`))
}

/** The status alone says whether the message was refused. */
function brokenOff(defect: Error, { answer: { status } }: WhatCame): DeliveryOutcome {
  if (!isCmsOauthError(defect)) throw defect
  const isRefusal = status >= 300 && status !== 502 && status !== 504
  return isRefusal ? wayFailed(defect) : withoutAnswer(defect)
}

/** That a provider which was sent a message "cannot be reached" would be another thing. */
function withoutAnswer({ message, cause }: Error): DeliveryOutcome {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException
  const why = code === undefined ? message : withErrnoWords(code)
  return unanswered(`no answer came after the message: ${why}`)
}
