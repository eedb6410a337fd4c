import { nearestKnown } from '../../command-line/nearest-known.ts'
import type { AccountConfiguration } from '../../configuration/configuration.ts'
import { failure, type Finding, warning } from '../../configuration/finding.ts'
import { serviceOfAddress } from '../../provider-facts/mail-services.ts'
import {
  isGuid,
  isTenant,
  multiTenantNames,
  personalTenant,
} from '../../provider-facts/microsoft.ts'

const copy =
  'copy "Directory (tenant) ID" from the overview of the app registration, or write a domain of the organization'

/** A tenant of an account that Microsoft will not know, or that has no place for its address. */
export function tenantFinding(account: AccountConfiguration): Finding[] {
  const { user, provider, tenant } = account
  const { authority, tokenEndpoint, clientId } = account
  // A server of one's own may have rules of its own.
  const isElsewhere = authority !== undefined || tokenEndpoint !== undefined
  if (provider !== 'office365' || isElsewhere) return []
  if (tenant !== undefined && isGuid(tenant)) {
    const what = /^0{8}-/.test(tenant)
      ? 'is the placeholder of an example'
      : tenant.toLowerCase() === clientId.toLowerCase()
        ? 'is its client_id'
        : undefined
    if (what !== undefined) return [unknown(`the tenant of "${user}" ${what}`, copy)]
  }
  if (tenant === undefined || isTenant(tenant)) return personalFinding(account)
  const nearest = nearestKnown(tenant, multiTenantNames)
  const text = `the tenant of "${user}", "${tenant}", is neither an ID nor a domain`
  return [unknown(text, nearest === undefined ? copy : `did you mean "${nearest}"?`)]
}

function unknown(text: string, hint: string): Finding {
  return failure('tenant', 'provider_rejected', text, hint)
}

function personalFinding({ user, tenant = 'common' }: AccountConfiguration): Finding[] {
  const isPlaced = ['common', 'consumers', personalTenant].includes(tenant)
  if (isPlaced || serviceOfAddress(user) !== 'outlook') return []
  const text = `"${user}" looks like a personal account, which has no place in the tenant "${tenant}"`
  return [
    warning(
      'tenant',
      text,
      'set tenant = "consumers", and let the app registration take personal accounts',
    ),
  ]
}
