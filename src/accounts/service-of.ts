import type { AccountConfiguration } from '../configuration/configuration.ts'
import type { MailServers } from '../provider-facts/mail-service.ts'
import {
  findService,
  type MailServiceName,
  serviceOfAddress,
} from '../provider-facts/mail-services.ts'

/** The service of an account that is configured; `other` where its servers are not known. */
export function serviceOf(account: AccountConfiguration): MailServiceName {
  const { user, provider, preset, authority, tokenEndpoint, tenant } = account
  if (authority !== undefined || tokenEndpoint !== undefined) return 'other'
  if (provider === 'oidc') return preset ?? 'other'
  if (provider === 'gmail') return 'gmail'
  const isPersonal = tenant === 'consumers' || serviceOfAddress(user) === 'outlook'
  return isPersonal ? 'outlook' : 'office365'
}

/** The mail servers of an account that is configured; undefined if they are not known. */
export function serversOf(account: AccountConfiguration): MailServers | undefined {
  const { servers, cloudServers = {} } = findService(serviceOf(account))
  return account.cloud === undefined ? servers : (cloudServers[account.cloud] ?? servers)
}
