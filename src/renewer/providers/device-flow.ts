import type { Account } from '../../accounts/account.ts'
import { SignInFailedError } from '../../errors.ts'
import type { HttpsAnswer } from '../../https/https-request.ts'
import type { TokenExchange } from '../../https/token-exchange.ts'
import type { Secret } from '../../logging/secret.ts'
import {
  type DeviceAuthorization,
  parseDeviceAuthorization,
} from '../../oauth/device-authorization.ts'
import { type PollLater, pollLaterOf } from '../../oauth/device-poll.ts'
import { isErrorAnswer, reduceErrorResponse } from '../../oauth/error-response.ts'
import type { TokenSet } from './issued-token.ts'
import { parseTokenAnswer, refusalOfAnswer } from './token-set.ts'

/** A sign-in by a code that a person types elsewhere (RFC 8628); throws what a Provider throws. */
export interface DeviceFlow {
  start(account: Account, signal: AbortSignal): Promise<DeviceAuthorization>
  /** One poll; SignInFailedError where the person said no or the code has expired. */
  poll(account: Account, deviceCode: Secret, exchange: TokenExchange): Promise<TokenSet | PollLater>
}

/** What the device authorization endpoint gave. @throws as a Provider does */
export function parseDeviceAnswer(account: Account, answer: HttpsAnswer): DeviceAuthorization {
  if (isErrorAnswer(answer)) throw refusalOfAnswer(account, answer, 'sign-in')
  return parseDeviceAuthorization(answer.body, answer.sentAt)
}

/** What the token endpoint said to a poll. @throws as DeviceFlow.poll does */
export function parsePollAnswer(account: Account, answer: HttpsAnswer): TokenSet | PollLater {
  if (!isErrorAnswer(answer)) return parseTokenAnswer(account, answer)
  const { status, body } = answer
  const meaning = pollLaterOf(account.user, reduceErrorResponse(status, body))
  if (meaning === undefined) throw refusalOfAnswer(account, answer, 'sign-in')
  if (meaning instanceof SignInFailedError) throw meaning
  return meaning
}
