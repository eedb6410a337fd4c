import type { AccountConfiguration } from '../configuration/configuration.ts'
import { type MailServiceName, serviceOfAddress } from '../provider-facts/mail-services.ts'

/** The service of an account that is configured; `other` where its servers are not known. */
export function serviceOf(account: AccountConfiguration): MailServiceName {
  const { user, provider, preset, cloud = 'global', authority, tokenEndpoint, tenant } = account
  if (authority !== undefined || tokenEndpoint !== undefined || cloud !== 'global') return 'other'
  if (provider === 'oidc') return preset ?? 'other'
  if (provider === 'gmail') return 'gmail'
  const isPersonal = tenant === 'consumers' || serviceOfAddress(user) === 'outlook'
  return isPersonal ? 'outlook' : 'office365'
}
