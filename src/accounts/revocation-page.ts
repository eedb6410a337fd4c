import { type Cloud, clouds, personalRevocationPage } from '../provider-facts/microsoft.ts'
import type { Account } from './account.ts'

/**
 * Where a person takes back by hand what an application was allowed, by the host they sign in at;
 * undefined if none is known, and where the provider has a revocation.
 */
export function revocationPage({ provider, authority }: Account): string | undefined {
  if (provider !== 'office365' || authority === undefined) return undefined
  const { origin, pathname } = new URL(authority)
  if (pathname === '/consumers') return personalRevocationPage
  return Object.values<Cloud>(clouds).find((cloud) => cloud.authority === origin)?.revocationPage
}
