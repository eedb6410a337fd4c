import type { AccountConfiguration } from '../configuration/configuration.ts'
import { findCloud } from '../provider-facts/microsoft.ts'
import { factsOf } from '../provider-facts/providers.ts'
import { type SendingApi, sendScopes } from '../provider-facts/sending/sending-api.ts'
import type { Protocol } from '../sasl/output-format.ts'

/**
 * The scopes that an account asks for where its configuration names none; one that an outbox sends by
 * an API can send, and nothing else.
 */
export function defaultScopes(
  configuration: AccountConfiguration,
  protocols: readonly Protocol[],
  sendsBy?: SendingApi,
): string[] {
  const { provider, cloud, grant } = configuration
  if (sendsBy !== undefined) return sendScopes(sendsBy, cloud, grant === 'client_credentials')
  const { resource, appResource } = findCloud(cloud)
  const isMicrosoft = provider === 'office365'
  if (isMicrosoft && grant === 'client_credentials') return [`${appResource}/.default`]
  const { scopes } = factsOf(configuration)
  const names = isForAll(scopes) ? scopes : protocols.flatMap((protocol) => scopes[protocol] ?? [])
  return [...new Set(isMicrosoft ? names.map((name) => `${resource}/${name}`) : names)]
}

function isForAll(scopes: ReturnType<typeof factsOf>['scopes']): scopes is readonly string[] {
  return Array.isArray(scopes)
}
