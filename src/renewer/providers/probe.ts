import type { Account } from '../../accounts/account.ts'
import { type HttpsAnswer, sendHttpsRequest } from '../../https/https-request.ts'
import { proxyFor } from '../../https/proxy.ts'
import type { Probe } from '../../messages/renewer-jobs.ts'
import { isErrorAnswer } from '../../oauth/error-response.ts'
import { googleEndpoints } from '../../provider-facts/google.ts'
import { factsOf } from '../../provider-facts/providers.ts'
import { refusalOfAnswer } from './token-set.ts'

/**
 * Asks an account's provider for its discovery document, or its token endpoint for nothing: any
 * answer will do, unless the document is refused for what the configuration says.
 * @throws ProviderUnavailableError, ProviderRejectedError, ProviderProtocolError
 */
export async function probeProvider(account: Account, signal: AbortSignal): Promise<Probe> {
  const url = urlOf(account)
  const proxy = proxyFor(url, process.env)
  const startedAt = Date.now()
  const answer = await sendHttpsRequest({ method: 'GET', url, signal })
  const answeredAt = Date.now()
  if (account.authority !== undefined) requireNotRefused(account, answer)
  const { headers } = answer
  const date = Date.parse(headers['date'] ?? '')
  return {
    host: new URL(url).host,
    durationMs: answeredAt - startedAt,
    ...(proxy === undefined ? {} : { proxy: proxy.url.host }),
    ...(Number.isNaN(date) ? {} : { clockAheadMs: clockAheadMs(date, startedAt, answeredAt) }),
  }
}

/** As for a tenant or realm that does not exist: no sign-in and no refresh gets past that. */
function requireNotRefused(account: Account, answer: HttpsAnswer): void {
  if (!isErrorAnswer(answer)) return
  const refusal = refusalOfAnswer(account, answer, 'discovery')
  if (refusal.code === 'provider_rejected') throw refusal
}

/** The header has whole seconds, and was written at some moment between the two. */
function clockAheadMs(date: number, startedAt: number, answeredAt: number): number {
  if (date + 1_000 < startedAt) return date + 1_000 - startedAt
  return Math.max(0, date - answeredAt)
}

function urlOf(account: Account): string {
  const { authority, endpoints } = account
  if (authority === undefined) return endpoints.token ?? googleEndpoints.token
  const { discoveryPath = '/.well-known/openid-configuration' } = factsOf(account)
  return `${authority.replace(/\/$/, '')}${discoveryPath}`
}
