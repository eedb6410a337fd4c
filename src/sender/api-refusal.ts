import type { Actor } from '../errors.ts'
import type { HttpsAnswer } from '../https/https-request.ts'
import { printable } from '../mail/printable.ts'
import type { Delivery, DeliveryOutcome } from '../messages/sender-messages.ts'
import { parseRetryAfter } from '../oauth/retry-after.ts'
import { findSendRefusal } from '../provider-facts/sending/find-send-refusal.ts'
import type { SendRefusalRow } from '../provider-facts/sending/send-refusal-row.ts'
import type { ApiRoute } from './api-request.ts'
import { apiWords } from './api-words.ts'
import { later, ofMessage } from './outcomes.ts'

/** What an API's refusal means: for the addresses of the message, or for the delivery. */
export type ApiRefusal =
  | { kind: 'recipients'; reason: string; hint: string }
  | { kind: 'outcome'; outcome: DeliveryOutcome }

const names: Record<ApiRoute['via'], string> = {
  'gmail-api': 'the Gmail API',
  graph: 'Microsoft Graph',
}
const actors: Record<'person' | 'owner' | 'operator' | 'administrator', Actor> = {
  person: 'you',
  owner: 'you',
  operator: 'you',
  administrator: 'administrator',
}
const longest = 400

/** Says in the API's own words and in ours why it does not send a message. */
export function apiRefusal(
  { account, isAppOnly }: Delivery,
  { via: api }: ApiRoute,
  answer: HttpsAnswer,
): ApiRefusal {
  const words = apiWords(answer.body)
  const row = findSendRefusal({ api, status: answer.status, words })
  const reason = `${names[api]} answered ${answer.status} ${printable(words)}`
    .trim()
    .slice(0, longest)
  const hint = hintOf(row, { account, isAppOnly, words })
  const { verdict } = row
  switch (verdict) {
    case 'recipients':
      return { kind: 'recipients', reason, hint }
    case 'never':
      return outcome({ kind: 'refused', reason, hint, isOfContent: true })
    case 'token':
      return outcome({ kind: 'token_refused', actor: 'you', reason, hint })
    case 'waits': {
      const waits = later('nobody', reason, hint, waitOf(answer, words))
      return outcome(row.isUncertain === true ? { ...waits, isUncertain: true } : waits)
    }
    default: {
      const endedBy = isAppOnly ? (row.appOnly?.endedBy ?? verdict) : verdict
      const waits = later(endedBy === 'waits' ? 'nobody' : actors[endedBy], reason, hint)
      return outcome(row.isOfMessage === true ? ofMessage(waits) : waits)
    }
  }
}

function outcome(outcome: DeliveryOutcome): ApiRefusal {
  return { kind: 'outcome', outcome }
}

function hintOf(
  { meaning, nextStep, appOnly }: SendRefusalRow,
  { account, isAppOnly, words }: { account: string; isAppOnly: boolean; words: string },
): string {
  const step = (isAppOnly ? appOnly?.nextStep : undefined) ?? nextStep
  const url = /https:\/\/[^\s<>"']{1,300}/.exec(words)?.[0] ?? 'the web page of the provider'
  return `${meaning}: ${step.replaceAll('{user}', account).replaceAll('{url}', url)}`
}

/** Google says it in the message: "Retry after 2026-03-07T18:18:23.688Z". */
function waitOf({ headers, sentAt }: HttpsAnswer, words: string): number | undefined {
  const inWords = /\bRetry after (\d{4}-\d\d-\d\dT[\d:.]+Z)/i.exec(words)?.[1]
  return parseRetryAfter(headers['retry-after'] ?? inWords, sentAt)
}
